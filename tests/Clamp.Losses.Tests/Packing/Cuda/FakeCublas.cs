using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda;

/// <summary>The products of FakeCublas.c, on the CPU.</summary>
internal sealed unsafe class FakeCublas() : FakeLibrary("FakeCublas.c", "-O2")
{
    /// <summary>How many handles are open.</summary>
    public int Handles => Ask("fake_handles");

    /// <summary>What was set last; -1 before.</summary>
    public int MathMode => Ask("fake_math_mode");

    /// <summary>How many products of bfloat16 matrices there have been.</summary>
    public int SplitProducts => Ask("fake_split_products");

    /// <summary>Whether two threads were in a product at once.</summary>
    public bool ThreadsMet => Ask("fake_met") != 0;

    public void Fail(string function)
    {
        using var name = new Utf8Strings([function]);
        ((delegate* unmanaged<byte*, void>)Function("fake_fail"))(name.Pointers[0]);
    }

    private int Ask(string function) => ((delegate* unmanaged<int>)Function(function))();
}
