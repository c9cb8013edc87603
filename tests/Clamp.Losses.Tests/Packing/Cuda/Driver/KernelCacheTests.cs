using System.Diagnostics;
using System.Runtime.Versioning;
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

    [Fact]
    public void Store_WhereTheFileCannotGo_LeavesNothingBehind()
    {
        Directory.CreateDirectory(Path.Combine(Folder, Key));

        new KernelCache(Folder).Store(Key, _image);

        Directory.GetFiles(Folder).Should().BeEmpty("the file could not take the place of a folder");
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public void Store_NewFolder_IsTheOwnersAlone()
    {
        SkipOnWindows();

        new KernelCache(Folder).Store(Key, _image);

        File.GetUnixFileMode(Folder).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [SkippableTheory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    [UnsupportedOSPlatform("windows")]
    public void Folder_ThatOthersMayWriteTo_IsNotUsed(UnixFileMode others)
    {
        SkipOnWindows();
        var cache = new KernelCache(Folder);
        cache.Store(Key, _image);
        File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | others);

        cache.Store("another", _image);

        cache.Find(Key).Should().BeNull();
        Directory.GetFiles(Folder).Should().ContainSingle("nothing was added");
    }

    [SkippableFact]
    public void Folder_OfAnotherUser_IsNotUsed()
    {
        SkipOnWindows();
        Skip.IfNot(Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        var cache = new KernelCache(Folder);
        cache.Store(Key, _image);
        using var chown = Process.Start("chown", ["12345", Folder]);
        chown.WaitForExit();

        cache.Store("another", _image);

        cache.Find(Key).Should().BeNull();
        Directory.GetFiles(Folder).Should().ContainSingle("nothing was added");
    }

    [SkippableFact]
    public void FolderIn_CacheHome_TakesAnAbsoluteOneAlone()
    {
        SkipOnWindows();
        var ofHome = Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "Clamp.Losses", "kernels");

        KernelCache.FolderIn("/caches").Should().Be("/caches/Clamp.Losses/kernels");
        foreach (var none in new[] { null, "", "caches", "./caches", "~/caches" })
        {
            KernelCache.FolderIn(none).Should().Be(ofHome);
        }
    }

    private static void SkipOnWindows() => Skip.If(OperatingSystem.IsWindows(), "Windows has access control lists instead of modes.");
}
