using System.Security.Cryptography;

namespace Clamp.Losses.Packing.Cuda.Driver;

/// <summary>
/// Compiled kernels on disk. A file is its content's SHA-256 and the content, so that a damaged one is found out; it appears under its
/// name only when it is whole. A folder that cannot be read or written, or that another user could have written to, caches nothing.
/// </summary>
/// <param name="folder">Where; null keeps nothing.</param>
internal sealed class KernelCache(string? folder)
{
    /// <summary>The user's own cache folder.</summary>
    public static KernelCache OfUser() => new(FolderIn(Environment.GetEnvironmentVariable("XDG_CACHE_HOME")));

    /// <summary>The folder that this library has among a user's caches, or null where he has none.</summary>
    /// <param name="cacheHome">What XDG_CACHE_HOME says, which has to be absolute: its specification has another path ignored.</param>
    public static string? FolderIn(string? cacheHome) =>
        (Path.IsPathFullyQualified(cacheHome ?? "") ? cacheHome : DefaultRoot) is { } root ? Path.Combine(root, "Clamp.Losses", "kernels") : null;

    private static string? DefaultRoot => OperatingSystem.IsWindows()
        ? Existing(Environment.SpecialFolder.LocalApplicationData)
        : Existing(Environment.SpecialFolder.UserProfile) is { } home ? Path.Combine(home, ".cache") : null;

    /// <summary>What was stored under a key, or null.</summary>
    /// <param name="key">A file name.</param>
    public byte[]? Find(string key)
    {
        try
        {
            return folder is not null && PrivateFolder.IsPrivate(folder) ? Verified(File.ReadAllBytes(Path.Combine(folder, key))) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Stores an image, replacing another under the same key.</summary>
    /// <param name="key">A file name.</param>
    /// <param name="image">What to store.</param>
    public void Store(string key, byte[] image)
    {
        try
        {
            if (folder is not null && PrivateFolder.Create(folder))
            {
                Write(Path.Combine(folder, key), [.. SHA256.HashData(image), .. image]);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The kernels are compiled again next time.
        }
    }

    private static string? Existing(Environment.SpecialFolder special) =>
        Environment.GetFolderPath(special) is { Length: > 0 } path ? path : null;

    private static byte[]? Verified(byte[] file)
    {
        var split = Math.Min(SHA256.HashSizeInBytes, file.Length);
        var image = file[split..];
        return SHA256.HashData(image).AsSpan().SequenceEqual(file.AsSpan(0, split)) ? image : null;
    }

    private static void Write(string path, byte[] content)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
