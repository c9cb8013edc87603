using Clamp.Losses.Images.Skia;
using Clamp.Losses.Onnx;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

/// <summary>Both embedders, over torch and over ONNX Runtime: the same features from the same files.</summary>
[Collection(nameof(PretrainerTests))]
public sealed class ImageEmbedderTests : IDisposable
{
    private static readonly RunOptions Tiny = new() { ImageSize = 24, EvaluationResize = 30, EvaluationInterpolation = Interpolation.Bicubic, Normalisation = Normalisation.Named["imagenet"] };
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<bool> Runtimes => [false, true];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(EncoderKind.Tiny, 1)]
    [InlineData(EncoderKind.Tiny, 7)]
    [InlineData(EncoderKind.ResNet18, 1)]
    [InlineData(EncoderKind.ResNet18, 7)]
    public void Onnx_OfAnExport_HasTorchsFeatures(EncoderKind kind, int count)
    {
        var options = Tiny with { Encoder = kind };
        var paths = Photographs.Draw(_folder, count);
        using var torch = Embedder(options, isOnnx: false);
        using var onnx = Embedder(options, isOnnx: true);

        var (expected, actual) = (torch.EmbedFiles(paths), onnx.EmbedFiles(paths));

        (onnx.Size, onnx.Centre, onnx.FeatureWidth).Should().Be((torch.Size, torch.Centre, torch.FeatureWidth));
        actual.Should().HaveCount(count);
        actual.Zip(expected, RelativeDistance).Max().Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Features_OfFiles_AreThoseOfTheFeatureExtractor()
    {
        var paths = Photographs.Draw(_folder, 5);
        using var encoder = Tiny.InitialEncoder(CPU);
        using var embedder = ImageEmbedder.Of(encoder, Tiny, SkiaImage.Read);
        var images = new FileImages(paths, Tiny.ImageSize, SkiaImage.Read, centre: new CentreCrop(Tiny.EvaluationResize, Tiny.EvaluationInterpolation));
        using var expected = FeatureExtractor.Features(encoder, images, CPU, Tiny.Normalisation);

        var actual = embedder.EmbedFiles(paths);

        actual.SelectMany(features => features).Should().Equal(expected.data<float>().ToArray(), "the batch is the same, to the last digit");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Features_OfFilesStreamsAndPictures_AreTheSame(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 3);
        using var embedder = Embedder(Tiny, isOnnx);
        var expected = embedder.EmbedFiles(paths);

        var streams = paths.Select(path => (Stream)File.OpenRead(path)).ToList();
        var ofStreams = embedder.EmbedStreams(streams);
        streams.ForEach(stream => stream.Dispose());
        var pictures = paths.Select(path => (DecodedImage)SkiaImage.Read(path)).ToList();
        var ofPictures = embedder.EmbedPictures(pictures);
        pictures.ForEach(picture => picture.Dispose());

        ofStreams.Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
        ofPictures.Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Generator_OfTheBytesOfFiles_HasTheirFeatures(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 3);
        using var embedder = Embedder(Tiny, isOnnx);
        var expected = embedder.EmbedFiles(paths);
        var generator = (IEmbeddingGenerator<DataContent, Embedding<float>>)embedder;

        var made = await generator.GenerateAsync(paths.Select(path => new DataContent(File.ReadAllBytes(path), "image/jpeg")));

        made.Select(embedding => embedding.Vector.ToArray()).Should().BeEquivalentTo(expected, options => options.WithStrictOrdering());
        var metadata = generator.GetRequiredService<EmbeddingGeneratorMetadata>();
        (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions).Should().Be(("clamp.losses", "my run", 64));
        generator.GetService(embedder.GetType()).Should().BeSameAs(embedder);
        generator.GetService<string>().Should().BeNull();
        generator.GetService(embedder.GetType(), "key").Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Generator_AskedForAnotherWidth_SaysWhichThereIs(bool isOnnx)
    {
        using var embedder = Embedder(Tiny, isOnnx);
        var generator = (IEmbeddingGenerator<DataContent, Embedding<float>>)embedder;

        var ask = () => generator.GenerateAsync([], new EmbeddingGenerationOptions { Dimensions = 10 });

        await ask.Should().ThrowAsync<ArgumentException>().WithMessage("Dimensions is 10; allowed: 64, or none.*");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Work_ThatIsCancelled_Ends(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 3);
        using var embedder = Embedder(Tiny, isOnnx);

        var embed = () => embedder.EmbedFiles(paths, new CancellationToken(canceled: true));

        embed.Should().Throw<OperationCanceledException>();
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Work_ThatIsCancelledInTheMiddle_DecodesNoMore(bool isOnnx)
    {
        const int Images = 400;
        var photograph = File.ReadAllBytes(Photographs.Draw(_folder, 1)[0]);
        using var stop = new CancellationTokenSource();
        var decoded = 0;
        using var embedder = Embedder(Tiny, isOnnx, decode: stream =>
        {
            if (Interlocked.Increment(ref decoded) == 5)
            {
                stop.Cancel();
            }

            return SkiaImage.Read(stream);
        });

        var embed = () => embedder.EmbedStreams([.. Enumerable.Range(0, Images).Select(_ => new MemoryStream(photograph))], stop.Token);

        embed.Should().Throw<OperationCanceledException>();
        decoded.Should().BeLessThan(Images / 2);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Features_ThatAreNoNumbers_AreRefused(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 1);
        using var scope = NewDisposeScope();
        var encoder = Tiny.InitialEncoder(CPU);
        using (no_grad())
        {
            encoder.parameters().Where(weights => weights.dim() == 4).ToList().ForEach(weights => weights.mul_(tensor(1e12f)));
        }

        var embed = () =>
        {
            using var embedder = Embedder(Tiny, isOnnx, encoder);
            embedder.EmbedFiles(paths);
        };

        embed.Should().Throw<Exception>().WithMessage("Features are NaN or infinite*");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Embedder_Disposed_LeavesNoTensorAndMayBeDisposedAgain(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 1);
        Embedder(Tiny, isOnnx).Dispose();
        var before = LiveTensors.Count;
        var embedder = Embedder(Tiny, isOnnx);
        embedder.EmbedFiles(paths);

        embedder.Dispose();
        embedder.Dispose();

        LiveTensors.Count.Should().Be(before);
        embedder.Invoking(gone => gone.EmbedFiles(paths)).Should().Throw<ObjectDisposedException>();
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Embedder_UsedByThreadsAtOnce_GivesEachItsOwn(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 8);
        using var embedder = Embedder(Tiny, isOnnx);
        var expected = paths.Select(path => embedder.EmbedFiles([path])[0]).ToList();

        var actual = new float[64][];
        Parallel.For(0, actual.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => actual[i] = embedder.EmbedFiles([paths[i % 8]])[0]);

        for (int i = 0; i < actual.Length; i++)
        {
            actual[i].Should().Equal(expected[i % 8]);
        }
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Files_ThatAreBroken_AreNamed(bool isOnnx)
    {
        var paths = Photographs.Draw(_folder, 2);
        File.WriteAllText(paths[1], "no picture");
        using var embedder = Embedder(Tiny, isOnnx);

        var embed = () => embedder.EmbedFiles(paths);

        embed.Should().Throw<InvalidDataException>().WithMessage($"'{paths[1]}' cannot be used: the image cannot be decoded*");
    }

    [Fact]
    public void FromRun_OfAFinishedRun_SeesImagesAsItsEvaluation()
    {
        using var encoder = Tiny.InitialEncoder(CPU);
        RunFolder.Create(_folder.PathOf("my run"), Tiny).SaveEncoder(encoder);
        using var expected = Embedder(Tiny, isOnnx: false);

        using var embedder = ImageEmbedder.FromRun(_folder.PathOf("my run"), SkiaImage.Read);

        var paths = Photographs.Draw(_folder, 2);
        (embedder.Size, embedder.Centre).Should().Be((24, new CentreCrop(30, Interpolation.Bicubic)));
        embedder.EmbedFiles(paths).Should().BeEquivalentTo(expected.EmbedFiles(paths), options => options.WithStrictOrdering());
    }

    [Fact]
    public void Onnx_OfAFileThatIsNone_SaysSo()
    {
        var path = _folder.PathOf("encoder.onnx");
        File.WriteAllText(path, "no graph");

        var open = () => new OnnxImageEmbedder(path, SkiaImage.Read);

        open.Should().Throw<InvalidDataException>().WithMessage($"'{path}' is no ONNX file*");
    }

    [Theory]
    [InlineData("bicubic", "cubicle", "*evaluation_interpolation 'cubicle'; known: bilinear, bicubic.")]
    [InlineData("image_size\u0012\u000224", "image_size\u0012\u00022x", "*image_size '2x'; it must be a whole number.")]
    [InlineData("features", "measures", "*does not lead from images to features*")]
    public void Onnx_ThatTellsWhatIsNotKnown_SaysSo(string told, string instead, string message)
    {
        Embedder(Tiny, isOnnx: true).Dispose();
        var path = _folder.PathOf("encoder.onnx");
        var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));
        text.Should().Contain(told);
        File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes(text.Replace(told, instead, StringComparison.Ordinal)));

        var open = () => new OnnxImageEmbedder(path, SkiaImage.Read);

        open.Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [Fact]
    public void Onnx_WithoutItsImageSize_SaysSo()
    {
        var path = _folder.PathOf("encoder.onnx");
        using var encoder = Tiny.InitialEncoder(CPU);
        OnnxFile.Write(path, encoder, new PretrainOptions());

        var open = () => new OnnxImageEmbedder(path, SkiaImage.Read);

        open.Should().Throw<InvalidDataException>().WithMessage($"'{path}' does not tell its image_size*");
    }

    private ImageEncoder Embedder(RunOptions options, bool isOnnx, ResNet? encoder = null, ImageStreamDecoder? decode = null)
    {
        encoder ??= options.InitialEncoder(CPU);
        decode ??= SkiaImage.Read;
        if (!isOnnx)
        {
            return ImageEmbedder.Of(encoder, options, decode, model: "my run");
        }

        using (encoder)
        {
            OnnxFile.Write(_folder.PathOf("encoder.onnx"), encoder, options, run: "my run");
        }

        return new OnnxImageEmbedder(_folder.PathOf("encoder.onnx"), decode);
    }

    private static double RelativeDistance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum() / b.Sum(y => (double)y * y));
}
