namespace Clamp.Losses.Training.Tests;

/// <summary>A new folder that is deleted with everything in it when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public DirectoryInfo Root { get; } = Directory.CreateTempSubdirectory("clamp-data-");

    /// <summary>The full path of a file, whose folder is created.</summary>
    public string PathOf(params string[] parts)
    {
        string path = Path.Combine([Root.FullName, .. parts]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public void Write(string name, params byte[] content) => File.WriteAllBytes(PathOf(name), content);

    public void Dispose() => Root.Delete(recursive: true);
}
