namespace Clamp.Losses.Training.Tests;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => Path.Combine(_temporary.Root.FullName, "run");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Create_FolderWithFiles_RefusesAndKeepsThem()
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, "metrics.csv"), "earlier");

        var act = () => RunFolder.Create(Folder, new RunOptions());

        act.Should().Throw<IOException>().WithMessage($"*{Folder}*holds files already*");
        Directory.GetFiles(Folder).Should().ContainSingle();
        File.ReadAllText(Path.Combine(Folder, "metrics.csv")).Should().Be("earlier");
    }

    [Fact]
    public void Open_FinishedRun_RestoresOptionsAndEncoder()
    {
        var options = new RunOptions
        {
            Views = 7,
            Projection = [9, 5],
            Loss = LossKind.BarlowTwins,
            Chunk = 5,
            Clamp = new ClampLossOptions { RadiusScale = 3.25 },
        };
        using var saved = Encoders.Create(EncoderKind.Tiny);
        RunFolder.Create(Folder, options).SaveEncoder(saved);
        using var loaded = Encoders.Create(EncoderKind.Tiny);

        var (folder, restored) = RunFolder.Open<RunOptions>(Folder);
        folder.LoadEncoder(loaded);

        restored.Should().BeEquivalentTo(options);
        loaded.parameters().Last().data<float>().ToArray().Should().Equal(saved.parameters().Last().data<float>().ToArray());
        loaded.parameters().First().data<float>().ToArray().Should().Equal(saved.parameters().First().data<float>().ToArray());
    }

    [Fact]
    public void Open_FolderWithoutEncoder_NamesTheFile()
    {
        RunFolder.Create(Folder, new RunOptions());

        var act = () => RunFolder.Open<RunOptions>(Folder);

        act.Should().Throw<FileNotFoundException>().WithMessage("*encoder.dat*does not exist*");
    }

    [Fact]
    public void Open_DamagedConfig_NamesTheFile()
    {
        using var encoder = Encoders.Create(EncoderKind.Tiny);
        RunFolder.Create(Folder, new RunOptions()).SaveEncoder(encoder);
        File.WriteAllText(Path.Combine(Folder, "config.json"), "{ \"Views\": ");

        var act = () => RunFolder.Open<RunOptions>(Folder);

        act.Should().Throw<InvalidDataException>().WithMessage("*config.json*damaged*");
    }
}
