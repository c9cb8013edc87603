using System.Text;
using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.GpuCheck;

/// <summary>The functions of the CUDA driver for memory and time; each throws what the driver reports. They use this thread's context.</summary>
internal sealed unsafe class GpuDriver
{
    private const int OutOfMemory = 2;

    private readonly CudaDriver _driver;
    private readonly delegate* unmanaged<byte*, int, int, int> _deviceGetName;
    private readonly delegate* unmanaged<nuint*, nuint, int> _memAlloc;
    private readonly delegate* unmanaged<nuint, int> _memFree;
    private readonly delegate* unmanaged<nuint, byte, nuint, int> _memset;
    private readonly delegate* unmanaged<nuint, void*, nuint, int> _copyToDevice;
    private readonly delegate* unmanaged<void*, nuint, nuint, int> _copyToHost;
    private readonly delegate* unmanaged<nuint, nuint, nuint, nint, int> _copyOnDevice;
    private readonly delegate* unmanaged<nint*, uint, int> _eventCreate;
    private readonly delegate* unmanaged<nint, int> _eventDestroy;
    private readonly delegate* unmanaged<nint, nint, int> _eventRecord;
    private readonly delegate* unmanaged<nint, int> _eventSynchronize;
    private readonly delegate* unmanaged<float*, nint, nint, int> _eventElapsedTime;

    /// <summary>Binds to a loaded library.</summary>
    /// <param name="library">The driver.</param>
    /// <param name="driver">The same, started.</param>
    /// <exception cref="InvalidOperationException">It is too old.</exception>
    public GpuDriver(NativeLibraryFile library, CudaDriver driver)
    {
        _driver = driver;
        _deviceGetName = (delegate* unmanaged<byte*, int, int, int>)library.Function("cuDeviceGetName");
        _memAlloc = (delegate* unmanaged<nuint*, nuint, int>)library.Function("cuMemAlloc_v2");
        _memFree = (delegate* unmanaged<nuint, int>)library.Function("cuMemFree_v2");
        _memset = (delegate* unmanaged<nuint, byte, nuint, int>)library.Function("cuMemsetD8_v2");
        _copyToDevice = (delegate* unmanaged<nuint, void*, nuint, int>)library.Function("cuMemcpyHtoD_v2");
        _copyToHost = (delegate* unmanaged<void*, nuint, nuint, int>)library.Function("cuMemcpyDtoH_v2");
        _copyOnDevice = (delegate* unmanaged<nuint, nuint, nuint, nint, int>)library.Function("cuMemcpyDtoDAsync_v2");
        _eventCreate = (delegate* unmanaged<nint*, uint, int>)library.Function("cuEventCreate");
        _eventDestroy = (delegate* unmanaged<nint, int>)library.Function("cuEventDestroy_v2");
        _eventRecord = (delegate* unmanaged<nint, nint, int>)library.Function("cuEventRecord");
        _eventSynchronize = (delegate* unmanaged<nint, int>)library.Function("cuEventSynchronize");
        _eventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)library.Function("cuEventElapsedTime");
    }

    /// <summary>A device's name, such as NVIDIA H200.</summary>
    /// <param name="device">The driver's handle of it.</param>
    public string NameOf(int device)
    {
        var name = stackalloc byte[256];
        _driver.Check(_deviceGetName(name, 256, device), "cuDeviceGetName");
        return Encoding.UTF8.GetString(new ReadOnlySpan<byte>(name, 256).TrimEnd((byte)0));
    }

    /// <summary>Memory of the device; to be freed.</summary>
    /// <param name="bytes">How much.</param>
    /// <exception cref="InsufficientMemoryException">The device has less.</exception>
    public long Allocate(long bytes)
    {
        nuint address;
        var result = _memAlloc(&address, (nuint)bytes);
        if (result == OutOfMemory)
        {
            throw new InsufficientMemoryException($"The GPU has no {bytes} bytes left.");
        }

        _driver.Check(result, "cuMemAlloc");
        return (long)address;
    }

    /// <summary>Gives memory back. A device on which a kernel has failed refuses even that, so nothing is thrown here.</summary>
    /// <param name="address">What <see cref="Allocate"/> gave.</param>
    public void Free(long address) => _ = _memFree((nuint)address);

    /// <summary>Queues the filling of memory.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="value">What with.</param>
    /// <param name="bytes">How much.</param>
    public void Fill(long address, byte value, long bytes) => _driver.Check(_memset((nuint)address, value, (nuint)bytes), "cuMemsetD8");

    /// <summary>Copies bytes to the device.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="address">Where to.</param>
    public void Upload(ReadOnlySpan<byte> source, long address)
    {
        fixed (byte* first = source)
        {
            _driver.Check(_copyToDevice((nuint)address, first, (nuint)source.Length), "cuMemcpyHtoD");
        }
    }

    /// <summary>Copies bytes from the device, when all that was queued is done.</summary>
    /// <param name="address">Where from.</param>
    /// <param name="destination">Where to.</param>
    public void Download(long address, Span<byte> destination)
    {
        fixed (byte* first = destination)
        {
            _driver.Check(_copyToHost(first, (nuint)address, (nuint)destination.Length), "cuMemcpyDtoH");
        }
    }

    /// <summary>Queues a copy from device memory to device memory.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="bytes">How much.</param>
    public void Copy(long source, long destination, long bytes) =>
        _driver.Check(_copyOnDevice((nuint)destination, (nuint)source, (nuint)bytes, 0), "cuMemcpyDtoDAsync");

    /// <summary>A point in time, to be recorded; to be destroyed.</summary>
    public nint CreateEvent()
    {
        nint created;
        _driver.Check(_eventCreate(&created, 0), "cuEventCreate");
        return created;
    }

    /// <summary>Frees an event; like <see cref="Free"/>, it throws nothing.</summary>
    /// <param name="recorded">The event.</param>
    public void DestroyEvent(nint recorded) => _ = _eventDestroy(recorded);

    /// <summary>Queues the recording of an event.</summary>
    /// <param name="recorded">The event.</param>
    public void Record(nint recorded) => _driver.Check(_eventRecord(recorded, 0), "cuEventRecord");

    /// <summary>Waits for an event.</summary>
    /// <param name="recorded">The event.</param>
    public void Wait(nint recorded) => _driver.Check(_eventSynchronize(recorded), "cuEventSynchronize");

    /// <summary>Microseconds between two events that have happened.</summary>
    /// <param name="start">The first.</param>
    /// <param name="end">The second.</param>
    public double Microseconds(nint start, nint end)
    {
        float milliseconds;
        _driver.Check(_eventElapsedTime(&milliseconds, start, end), "cuEventElapsedTime");
        return 1000.0 * milliseconds;
    }
}
