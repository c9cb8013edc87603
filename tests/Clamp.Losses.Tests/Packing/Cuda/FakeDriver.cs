using System.Runtime.InteropServices;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The driver of FakeDriver.c, which knows the parameters of the library's kernels from their sources.</summary>
internal sealed unsafe class FakeDriver : FakeLibrary
{
    private const string LaunchFunction = "cuLaunchKernel";

    private readonly delegate* unmanaged<byte*> _log;

    public FakeDriver()
        : base("FakeDriver.c")
    {
        _log = (delegate* unmanaged<byte*>)Function("fake_log");
        var describe = (delegate* unmanaged<byte*, byte*, void>)Function("fake_describe");
        foreach (var kernel in KernelSignature.All)
        {
            using var text = new Utf8Strings([kernel.Name, string.Concat(kernel.Parameters.Select(each => $" {each.Name}:{each.Bytes}"))]);
            describe(text.Pointers[0], text.Pointers[1]);
        }
    }

    /// <summary>Every call so far, its function and details.</summary>
    public IReadOnlyList<string> Calls =>
        Marshal.PtrToStringUTF8((nint)_log())!.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public IReadOnlyList<KernelLaunch> Launches =>
        [.. Calls.Where(call => call.StartsWith(LaunchFunction, StringComparison.Ordinal)).Select(call => new KernelLaunch(call))];

    /// <summary>What the fake compiler gave for each module loaded so far.</summary>
    public IEnumerable<string> LoadedImages => Calls.Where(call => call.StartsWith("cuModuleLoadDataEx", StringComparison.Ordinal));

    /// <summary>How many contexts this thread has pushed, besides the one it started with.</summary>
    public int PushedContexts => ((delegate* unmanaged<int>)Function("fake_depth"))() - 1;

    public void Forget() => ((delegate* unmanaged<void>)Function("fake_clear_log"))();

    public void Fail(string function, int code = 700, int after = 0)
    {
        using var name = new Utf8Strings([function]);
        ((delegate* unmanaged<byte*, int, int, void>)Function("fake_fail"))(name.Pointers[0], after, code);
    }

    public void SetComputeCapability(int major, int minor) =>
        ((delegate* unmanaged<int, int, void>)Function("fake_capability"))(major, minor);
}
