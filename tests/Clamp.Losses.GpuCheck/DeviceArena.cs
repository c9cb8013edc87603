namespace Clamp.Losses.GpuCheck;

/// <summary>Memory of the device, all freed together.</summary>
/// <param name="driver">The driver.</param>
internal sealed class DeviceArena(GpuDriver driver) : IDisposable
{
    private readonly List<long> _addresses = [];

    /// <summary>Memory filled with ones in every bit: NaN, where it is read before it is written.</summary>
    /// <param name="bytes">How much.</param>
    /// <returns>Its address.</returns>
    /// <exception cref="InsufficientMemoryException">The device has less.</exception>
    public long Allocate(long bytes)
    {
        var address = driver.Allocate(bytes);
        _addresses.Add(address);
        driver.Fill(address, 0xff, bytes);
        return address;
    }

    /// <summary>Memory holding bytes.</summary>
    /// <param name="content">The bytes.</param>
    /// <returns>Its address.</returns>
    /// <exception cref="InsufficientMemoryException">The device has less.</exception>
    public long Allocate(ReadOnlySpan<byte> content)
    {
        var address = driver.Allocate(content.Length);
        _addresses.Add(address);
        driver.Upload(content, address);
        return address;
    }

    /// <inheritdoc/>
    public void Dispose() => _addresses.ForEach(driver.Free);
}
