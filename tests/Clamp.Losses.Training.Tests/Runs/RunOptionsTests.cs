namespace Clamp.Losses.Training.Tests;

public sealed class RunOptionsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(false, null)]
    [InlineData(false, false)]
    [InlineData(true, null)]
    public void LoadImages_OfAnEvaluationResize_ShowsTheCentreOfThePictureScaledSo(bool manifest, bool? stream)
    {
        _temporary.Write("a.png");
        _temporary.Write("list.txt", "a.png"u8.ToArray());
        var options = new RunOptions
        {
            Dataset = DatasetKind.ImageFolder,
            DataRoot = _temporary.Root.FullName,
            Manifest = manifest ? _temporary.PathOf("list.txt") : null,
            ImageSize = 16,
            EvaluationResize = 40,
            EvaluationInterpolation = Interpolation.Bicubic,
            StreamImages = stream,
        };

        var shown = Shown(options);

        shown.Should().Equal(Centre(new CentreCrop(40, Interpolation.Bicubic)));
        shown.Should().NotEqual(Centre(new CentreCrop(40))).And.NotEqual(Centre(new CentreCrop(0, Interpolation.Bicubic)));
    }

    private static byte[] Shown(RunOptions options)
    {
        using var pixels = options.LoadImages(_ => new Stripes(3)).Train.Pixels([0]);
        return pixels.data<byte>().ToArray();
    }

    private static byte[] Centre(CentreCrop centre)
    {
        using var picture = new Stripes(3);
        var planes = new byte[3 * 16 * 16];
        picture.CopyCentre(16, planes, centre);
        return planes;
    }
}
