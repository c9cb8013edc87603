using Clamp.Losses.Packing.Cuda.Driver;

namespace Clamp.Losses.Tests.Packing.Cuda.Driver;

public sealed class KernelCacheTests : IDisposable
{
    private const string Key = "kernel";

    private readonly string _root = Directory.CreateTempSubdirectory("clamp-cache-").FullName;
    private readonly byte[] _image = [1, 2, 3, 4, 5];

    private string Folder => Path.Combine(_root, "not", "there", "yet");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Find_NothingStored_GivesNothing() => new KernelCache(Folder).Find(Key).Should().BeNull();

    [Fact]
    public void Find_StoredByAnother_GivesTheImage()
    {
        new KernelCache(Folder).Store(Key, _image);

        new KernelCache(Folder).Find(Key).Should().Equal(_image);
    }

    [Fact]
    public void Store_LeavesOneFile()
    {
        var cache = new KernelCache(Folder);

        cache.Store(Key, _image);
        cache.Store(Key, _image);

        Directory.GetFiles(Folder).Should().ContainSingle();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(34)]
    public void Find_CutShort_GivesNothing(int bytes)
    {
        var cache = new KernelCache(Folder);
        cache.Store(Key, _image);
        using (var file = File.OpenWrite(Path.Combine(Folder, Key)))
        {
            file.SetLength(bytes);
        }

        cache.Find(Key).Should().BeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(34)]
    public void Store_OverADamagedFile_ReplacesIt(int damagedByte)
    {
        var cache = new KernelCache(Folder);
        cache.Store(Key, _image);
        var file = File.ReadAllBytes(Path.Combine(Folder, Key));
        file[damagedByte] ^= 1;
        File.WriteAllBytes(Path.Combine(Folder, Key), file);
        cache.Find(Key).Should().BeNull();

        cache.Store(Key, _image);

        cache.Find(Key).Should().Equal(_image);
    }

    [Fact]
    public void Store_WhereNoFolderCanBe_KeepsNothing()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "not a folder");
        var cache = new KernelCache(Path.Combine(file, "kernels"));

        cache.Store(Key, _image);

        cache.Find(Key).Should().BeNull();
    }

    [Fact]
    public void Store_WithoutAFolder_KeepsNothing()
    {
        var cache = new KernelCache(null);

        cache.Store(Key, _image);

        cache.Find(Key).Should().BeNull();
    }
}
