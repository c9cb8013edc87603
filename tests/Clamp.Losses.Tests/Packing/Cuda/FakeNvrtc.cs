using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The compiler of FakeNvrtc.c, version 11.8 for compute capabilities 70, 75 and 80.</summary>
internal sealed unsafe class FakeNvrtc : FakeLibrary
{
    public FakeNvrtc()
        : base("FakeNvrtc.c")
    {
    }

    /// <summary>How many times it has compiled.</summary>
    public int Compiled => ((delegate* unmanaged<int>)Function("fake_compiled"))();

    /// <summary>How many programs it holds.</summary>
    public int Programs => ((delegate* unmanaged<int>)Function("fake_alive"))();

    public void SetMinorVersion(int minor) => ((delegate* unmanaged<int, void>)Function("fake_version"))(minor);

    public void Fail(string function)
    {
        using var name = new Utf8Strings([function]);
        ((delegate* unmanaged<byte*, void>)Function("fake_fail"))(name.Pointers[0]);
    }
}
