namespace Clamp.Losses.Training.Tests;

public sealed class ImageManifestTests : IDisposable
{
    private static readonly LoadOptions Streamed = new() { ImageSize = 1, Stream = true };
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _decoded = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("path\n")]
    public void Load_Paths_AreImagesWithoutLabels(string header)
    {
        var (train, test) = Load($"{header}a.jpg\n\nsub/b.png\r\n/c.jpg\n");

        (train.Count, train.HasLabels, test).Should().Be((3, false, null));
        Decoded(train).Should().Equal(_folder.PathOf("a.jpg"), _folder.PathOf("sub", "b.png"), "/c.jpg");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Path,Label\n")]
    public void Load_PathsAndLabels_HaveClassesInOrdinalOrder(string header)
    {
        var train = Load($"{header}1.jpg,dog\n2.jpg,Cat\n3.jpg, dog\n4.jpg,bird\n").Train;

        train.ClassNames.Should().Equal("Cat", "bird", "dog");
        train.Labels.Should().Equal(2, 0, 2, 1);
    }

    [Fact]
    public void Load_FieldsInQuotationMarks_MayHoldCommasAndQuotationMarks()
    {
        var train = Load("\"a, b.jpg\",\"x,\"\"y\"\"\"\n\"c.jpg\",z\nd.jpg,\"z\"\n").Train;

        train.ClassNames.Should().Equal("x,\"y\"", "z");
        Decoded(train).Should().Equal(_folder.PathOf("a, b.jpg"), _folder.PathOf("c.jpg"), _folder.PathOf("d.jpg"));
    }

    [Fact]
    public void Load_ATestList_HasTheClassesOfTheTrainingImages()
    {
        var (_, test) = Load("1.jpg,a\n2.jpg,b\n", "3.jpg,b\n");

        test!.Labels.Should().Equal(1);
        test.ClassNames.Should().Equal("a", "b");
    }

    [Fact]
    public void Load_ARoot_IsWhereRelativePathsBegin()
    {
        var list = Write("list.txt", "a.jpg\n");

        var train = ImageManifest.Load(list, Decode, Streamed, root: new DirectoryInfo("/images")).Train;

        Decoded(train).Should().Equal("/images/a.jpg");
    }

    [Fact]
    public void Load_Limits_TakeAsManyOfEachClass()
    {
        var list = Write("list.txt", string.Concat(Enumerable.Range(0, 40).Select(i => $"{i}.jpg,{(i == 30 ? "rare" : "common")}\n")));

        ImageManifest.Load(list, Decode, Streamed with { TrainLimit = 2 }).Train.Labels.Should().BeEquivalentTo([0, 1]);
    }

    [Theory]
    [InlineData("a.jpg,x\nb.jpg\n", "line 2 has no label, but line 1 has one")]
    [InlineData("a.jpg\nb.jpg,x\n", "line 2 has a label, but line 1 has none")]
    [InlineData("path,label\na.jpg,x,y\n", "line 2 has 3 fields")]
    [InlineData("a.jpg,x\n,x\n", "line 2 has no path")]
    [InlineData("\"a.jpg,x\n", "line 1 has a quotation mark without its second")]
    [InlineData("\"a.jpg\"b,x\n", "line 1 has a quotation mark without its second")]
    [InlineData("path\n\n", "names no image")]
    public void Load_ALineThatCannotBeUsed_IsNamed(string list, string fault)
    {
        var act = () => Load(list);
        act.Should().Throw<InvalidDataException>().WithMessage($"*list.txt'*{fault}*");
    }

    [Theory]
    [InlineData("9.jpg,c\n", "line 1 has the label 'c', which no training image has")]
    [InlineData("9.jpg\n", "line 1 has no label")]
    public void Load_ATestLabelThatNoTrainingImageHas_IsNamed(string test, string fault)
    {
        var act = () => Load("1.jpg,a\n2.jpg,b\n", test);
        act.Should().Throw<InvalidDataException>().WithMessage($"*test.txt', {fault}*");
    }

    [Fact]
    public void Load_NoSuchList_SaysWhatIsExpected()
    {
        var act = () => ImageManifest.Load(new FileInfo(_folder.PathOf("none.csv")), Decode);
        act.Should().Throw<FileNotFoundException>().WithMessage("*none.csv*path,label*");
    }

    private ImageSplits Load(string train, string? test = null) =>
        ImageManifest.Load(Write("list.txt", train), Decode, Streamed, test is null ? null : Write("test.txt", test));

    private FileInfo Write(string name, string text)
    {
        File.WriteAllText(_folder.PathOf(name), text);
        return new FileInfo(_folder.PathOf(name));
    }

    private string[] Decoded(ImageSource images)
    {
        for (int i = 0; i < images.Count; i++)
            images.Pixels([i]).Dispose();
        return [.. _decoded];
    }

    private Pixel Decode(string path)
    {
        _decoded.Add(path);
        return new Pixel();
    }

    private sealed class Pixel : DecodedImage
    {
        public override int Height => 1;

        public override int Width => 1;

        protected override ReadOnlySpan<byte> Row(int row) => new byte[4];

        protected override void Dispose(bool disposing)
        {
        }
    }
}
