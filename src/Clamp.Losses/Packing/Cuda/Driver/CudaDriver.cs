using System.Runtime.InteropServices;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>The functions of the CUDA driver that loading and launching kernels takes; each throws what the driver reports.</summary>
internal sealed unsafe class CudaDriver
{
    private const int JitErrorLogBuffer = 5;
    private const int JitErrorLogBufferSizeBytes = 6;
    private const int JitLogBytes = 8192;
    private const int MultiprocessorCount = 16;
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;

    private readonly delegate* unmanaged<int, byte**, int> _getErrorName;
    private readonly delegate* unmanaged<int, byte**, int> _getErrorString;
    private readonly delegate* unmanaged<int*, int, int> _deviceGet;
    private readonly delegate* unmanaged<int*, int, int, int> _deviceGetAttribute;
    private readonly delegate* unmanaged<nint*, int, int> _devicePrimaryCtxRetain;
    private readonly delegate* unmanaged<int, int> _devicePrimaryCtxRelease;
    private readonly delegate* unmanaged<nint, int> _ctxPushCurrent;
    private readonly delegate* unmanaged<nint*, int> _ctxPopCurrent;
    private readonly delegate* unmanaged<int> _ctxSynchronize;
    private readonly delegate* unmanaged<nint*, byte*, uint, int*, void**, int> _moduleLoadDataEx;
    private readonly delegate* unmanaged<nint, int> _moduleUnload;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> _moduleGetFunction;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> _launchKernel;

    /// <summary>Binds to a loaded library and starts it.</summary>
    /// <param name="library">The driver.</param>
    /// <exception cref="InvalidOperationException">It is too old, or finds no GPU.</exception>
    public CudaDriver(NativeLibraryFile library)
    {
        _getErrorName = (delegate* unmanaged<int, byte**, int>)library.Function("cuGetErrorName");
        _getErrorString = (delegate* unmanaged<int, byte**, int>)library.Function("cuGetErrorString");
        _deviceGet = (delegate* unmanaged<int*, int, int>)library.Function("cuDeviceGet");
        _deviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)library.Function("cuDeviceGetAttribute");
        _devicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)library.Function("cuDevicePrimaryCtxRetain");
        _devicePrimaryCtxRelease = (delegate* unmanaged<int, int>)library.Function("cuDevicePrimaryCtxRelease_v2");
        _ctxPushCurrent = (delegate* unmanaged<nint, int>)library.Function("cuCtxPushCurrent_v2");
        _ctxPopCurrent = (delegate* unmanaged<nint*, int>)library.Function("cuCtxPopCurrent_v2");
        _ctxSynchronize = (delegate* unmanaged<int>)library.Function("cuCtxSynchronize");
        _moduleLoadDataEx = (delegate* unmanaged<nint*, byte*, uint, int*, void**, int>)library.Function("cuModuleLoadDataEx");
        _moduleUnload = (delegate* unmanaged<nint, int>)library.Function("cuModuleUnload");
        _moduleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)library.Function("cuModuleGetFunction");
        _launchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)
            library.Function("cuLaunchKernel");
        Check(((delegate* unmanaged<uint, int>)library.Function("cuInit"))(0), "cuInit");
    }

    /// <summary>The driver's handle of a device.</summary>
    /// <param name="ordinal">Its number, the one libtorch uses.</param>
    public int Device(int ordinal)
    {
        int device;
        Check(_deviceGet(&device, ordinal), "cuDeviceGet");
        return device;
    }

    /// <summary>A device's compute capability, 10 * major + minor.</summary>
    /// <param name="device">The device.</param>
    public int ComputeCapability(int device) =>
        10 * Attribute(device, ComputeCapabilityMajor) + Attribute(device, ComputeCapabilityMinor);

    /// <summary>How many multiprocessors a device has.</summary>
    /// <param name="device">The device.</param>
    public int Multiprocessors(int device) => Attribute(device, MultiprocessorCount);

    /// <summary>The context that libtorch uses too; to be released.</summary>
    /// <param name="device">The device.</param>
    public nint RetainPrimaryContext(int device)
    {
        nint context;
        Check(_devicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
        return context;
    }

    /// <summary>Gives a context back.</summary>
    /// <param name="device">The device.</param>
    public void ReleasePrimaryContext(int device) => Check(_devicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");

    /// <summary>Makes a context this thread's, until <see cref="PopContext"/>.</summary>
    /// <param name="context">The context.</param>
    public void PushContext(nint context) => Check(_ctxPushCurrent(context), "cuCtxPushCurrent");

    /// <summary>Gives this thread back the context it had.</summary>
    public void PopContext()
    {
        nint popped;
        Check(_ctxPopCurrent(&popped), "cuCtxPopCurrent");
    }

    /// <summary>Waits for all that was queued in this thread's context.</summary>
    public void Synchronize() => Check(_ctxSynchronize(), "cuCtxSynchronize");

    /// <summary>Loads compiled kernels into this thread's context.</summary>
    /// <param name="image">A cubin, or PTX with its final zero.</param>
    public nint LoadModule(ReadOnlySpan<byte> image)
    {
        var log = stackalloc byte[JitLogBytes];
        log[0] = 0;
        var options = stackalloc[] { JitErrorLogBuffer, JitErrorLogBufferSizeBytes };
        var values = stackalloc[] { log, (void*)JitLogBytes };
        nint module;
        fixed (byte* first = image)
        {
            var result = _moduleLoadDataEx(&module, first, 2, options, values);
            return result == 0 ? module : throw Failure("cuModuleLoadDataEx", result, Marshal.PtrToStringUTF8((nint)log));
        }
    }

    /// <summary>Unloads kernels.</summary>
    /// <param name="module">The module.</param>
    public void UnloadModule(nint module) => Check(_moduleUnload(module), "cuModuleUnload");

    /// <summary>A kernel of a module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="name">The kernel's name.</param>
    public nint Function(nint module, string name)
    {
        using var text = new Utf8Strings([name]);
        nint function;
        var result = _moduleGetFunction(&function, module, text.Pointers[0]);
        return result == 0 ? function : throw Failure("cuModuleGetFunction", result, name);
    }

    /// <summary>Queues a kernel on this context's default stream, the one libtorch uses.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="grid">How many blocks.</param>
    /// <param name="block">How many threads in each.</param>
    /// <param name="arguments">The address of each argument.</param>
    public void Launch(nint function, (long X, long Y) grid, (int X, int Y) block, void** arguments) => Check(
        _launchKernel(
            function, checked((uint)grid.X), checked((uint)grid.Y), 1, (uint)block.X, (uint)block.Y, 1, 0, 0, arguments, null),
        "cuLaunchKernel");

    /// <summary>Throws what a result means, unless it is success.</summary>
    /// <param name="result">What a function of the driver returned.</param>
    /// <param name="function">The function.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public void Check(int result, string function)
    {
        if (result != 0)
        {
            throw Failure(function, result, null);
        }
    }

    private int Attribute(int device, int attribute)
    {
        int value;
        Check(_deviceGetAttribute(&value, attribute, device), "cuDeviceGetAttribute");
        return value;
    }

    private InvalidOperationException Failure(string function, int result, string? details)
    {
        byte* name = null, description = null;
        _ = _getErrorName(result, &name);
        _ = _getErrorString(result, &description);
        var (called, meaning) = (Marshal.PtrToStringUTF8((nint)name), Marshal.PtrToStringUTF8((nint)description));
        var more = string.IsNullOrEmpty(details) ? "" : $": {details}";
        return new InvalidOperationException($"{function} failed with {called ?? $"error {result}"} ({meaning}){more}.");
    }
}
