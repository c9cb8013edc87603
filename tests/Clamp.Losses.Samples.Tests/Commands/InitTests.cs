using System.Text.Json.Nodes;
using Clamp.Losses.Samples.Tests.Support;
using Clamp.Losses.Training.Tests;

namespace Clamp.Losses.Samples.Tests.Commands;

/// <summary>Pretraining from given weights; one at a time, because the console belongs to the process.</summary>
[Collection(nameof(CommandLineTests))]
public sealed class InitTests : IDisposable
{
    private static readonly string[] Small =
        ["pretrain", "--train-images", "48", "--test-images", "12", "--image-size", "16", "--batch-size", "12", "--views", "2", "--epochs", "1", "--score", "knn"];

    private readonly TemporaryFolder _temporary = new();

    private string First => _temporary.PathOf("first");

    private string Second => _temporary.PathOf("second");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Pretrain_Init_BeginsThereAndSaysSoInItsProvenance()
    {
        Trainer.Succeed([.. Small, "--output", First]);

        var output = Trainer.Succeed([.. Small, "--init", First, "--output", Second]);

        output.Should().Contain("begins from encoder.dat");
        Content(Second, "initial.dat").Should().Equal(Content(First, "encoder.dat"));
        Content(Second, "encoder.dat").Should().NotEqual(Content(First, "encoder.dat"));
        var init = JsonNode.Parse(File.ReadAllText(Path.Combine(Second, "provenance.json")))!["Init"]!;
        ((string)init["File"]!).Should().Be("encoder.dat");
        ((string)init["Sha256"]!).Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Content(First, "encoder.dat"))));
        Untrained(Second).Should().Be(Pretrained(First), "what it is compared with is what it began with");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pretrain_ResumedWithoutTheFileItBeganFrom_GoesOn(bool checkpoint)
    {
        Trainer.Succeed([.. Small, "--output", First]);
        Trainer.Succeed([.. Small, "--init", First, "--checkpoint-every", "1", "--output", Second]);
        var expected = Content(Second, "encoder.dat");
        var before = Untrained(Second);
        Directory.Delete(First, recursive: true);
        File.Delete(Path.Combine(Second, "encoder.dat"));
        var checkpoints = Directory.GetFiles(Path.Combine(Second, "checkpoints")).Order(StringComparer.Ordinal);
        foreach (var later in checkpoints.Skip(checkpoint ? 1 : 0))
            File.Delete(later);

        Trainer.Succeed("pretrain", "--resume", Second, "--score", "knn");

        Content(Second, "encoder.dat").Should().Equal(expected);
        Untrained(Second).Should().Be(before);
    }

    [Fact]
    public void Pretrain_InitOfAnotherNormalisation_Warns()
    {
        Trainer.Succeed([.. Small, "--output", First]);

        var (exit, _, error) = Trainer.Run([.. Small, "--init", First, "--normalisation", "imagenet", "--output", Second]);

        exit.Should().Be(0);
        error.Should().Contain("warning: encoder.dat was trained on images of mean 0.5 and deviation 0.25; this run shows it images of mean 0.485,0.456,0.406");
    }

    [Theory]
    [InlineData("--init no-such.safetensors", "no-such.safetensors")]
    [InlineData("--init no-such.dat", "no-such.dat")]
    [InlineData("--init . --resume x", "give one of them")]
    public void Pretrain_Mistake_IsToldInALine(string arguments, string message)
    {
        var (exit, _, error) = Trainer.Run(["pretrain", .. arguments.Split(' ')]);

        exit.Should().Be(1);
        error.Should().Contain(message).And.NotContain("   at ");
    }

    private static double Untrained(string run) => Score(run, "Untrained");

    private static double Pretrained(string run) => Score(run, "Pretrained");

    private static double Score(string run, string which) =>
        (double)JsonNode.Parse(File.ReadAllText(Path.Combine(run, "score.json")))![which]!["NearestNeighbours"]!;

    private static byte[] Content(string run, string file) => File.ReadAllBytes(Path.Combine(run, file));
}
