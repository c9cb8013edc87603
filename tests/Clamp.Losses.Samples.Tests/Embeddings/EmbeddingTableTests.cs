using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Training;
using Clamp.Losses.Training.Tests;
using Parquet;
using Parquet.Schema;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Tests.Embeddings;

public sealed class EmbeddingTableTests : IDisposable
{
    private const int Width = 5;

    // What separates fields and lines, and what is beyond ASCII.
    private static readonly string[] Names = ["a.jpg", "with, comma/\"quoted\".jpg", "two\nlines.png", "mötley/写真.jpg", " space ", "=1+1", ""];
    private static readonly string[] Labels = ["cat", "dog", "cat", "a, b", "\"", "写", ""];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Formats => ["parquet", "csv", "npy", "safetensors", "NPY"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfWhatWasWritten_IsTheSame(string format)
    {
        using var table = Table();
        table.Write(File(format));

        using var read = EmbeddingTable.Read(File(format));

        read.Names.Should().Equal(Names);
        read.Labels.Should().Equal(Labels);
        Numbers(read).Should().Equal(Numbers(table));
        read.Root.Should().Be(format == "csv" ? null : "/photographs");
        read.Images.Encoder.Should().Be(format == "csv" ? null : "run of today");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfATableWithoutLabels_HasNone(string format)
    {
        using var table = new EmbeddingTable(new EmbeddedImages(Names), Random());
        table.Write(File(format));

        using var read = EmbeddingTable.Read(File(format));

        read.Labels.Should().BeNull();
        read.Root.Should().BeNull();
        Numbers(read).Should().Equal(Numbers(table));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfExtremeNumbers_BringsThemBack(string format)
    {
        float[] numbers = [float.MaxValue, -float.MaxValue, float.Epsilon, -0f, 1f / 3];
        using var table = new EmbeddingTable(new EmbeddedImages(["a"]), tensor(numbers).view(1, -1));
        table.Write(File(format));

        using var read = EmbeddingTable.Read(File(format));

        Numbers(read).Select(BitConverter.SingleToInt32Bits).Should().Equal(numbers.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfMoreThanABlock_IsTheSame(string format)
    {
        const int Wide = 3_000_000;
        string[] names = ["a", "b", "c"];
        using var table = new EmbeddingTable(new EmbeddedImages(names), arange(names.Length * (format == "csv" ? 3 : Wide), ScalarType.Float32).view(3, -1));
        table.Write(File(format));

        using var read = EmbeddingTable.Read(File(format));

        read.Embeddings.eq(table.Embeddings).all().item<bool>().Should().BeTrue();
        read.Names.Should().Equal(names);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfAFileCutShort_IsRefusedByName(string format)
    {
        using var table = Table();
        table.Write(File(format));
        var bytes = System.IO.File.ReadAllBytes(File(format));
        System.IO.File.WriteAllBytes(File(format), bytes[..(bytes.Length - 20)]);

        var read = () => EmbeddingTable.Read(File(format));

        read.Should().Throw<InvalidDataException>().WithMessage($"'{File(format)}' is no valid * file of embeddings: *");
    }

    [Theory]
    [InlineData("npy")]
    [InlineData("parquet")]
    [InlineData("safetensors")]
    [InlineData("csv")]
    public void Read_OfAFileWithMoreBehindIt_IsRefusedByName(string format)
    {
        using var table = Table();
        table.Write(File(format));
        System.IO.File.AppendAllText(File(format), new string('7', Width * sizeof(float)));

        var read = () => EmbeddingTable.Read(File(format));

        read.Should().Throw<InvalidDataException>().WithMessage($"'{File(format)}' is no valid * file of embeddings: *");
    }

    [Theory]
    [InlineData("<f4", ">f4")]
    [InlineData("<f4", "<i4")]
    [InlineData("False", "True ")]
    [InlineData("(7, 5)", "(35,) ")]
    [InlineData("\u0001\0", "\u0002\0")]
    public void Read_OfNumbersThatLieOtherwise_IsRefused(string written, string instead)
    {
        using var table = Table();
        table.Write(File("npy"));
        var text = System.Text.Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(File("npy")));
        var place = text.IndexOf(written, StringComparison.Ordinal);
        place.Should().BePositive();
        System.IO.File.WriteAllBytes(File("npy"), System.Text.Encoding.Latin1.GetBytes(text[..place] + instead + text[(place + written.Length)..]));

        var read = () => EmbeddingTable.Read(File("npy"));

        read.Should().Throw<InvalidDataException>().WithMessage("*is no valid NumPy file of embeddings: *");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Read_OfSomethingElse_IsRefusedByName(string format)
    {
        System.IO.File.WriteAllText(File(format), "this is no table");

        var read = () => EmbeddingTable.Read(File(format));

        read.Should().Throw<InvalidDataException>().WithMessage($"'{File(format)}' is no valid * file of embeddings: *");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Write_ThatFails_KeepsTheEarlierFile(string format)
    {
        using var table = Table();
        table.Write(File(format));
        var before = System.IO.File.ReadAllBytes(File(format));
        Directory.CreateDirectory(File(format) + ".tmp");

        var write = () => table.Write(File(format));

        write.Should().Throw<IOException>().WithMessage("*what was there is kept*");
        System.IO.File.ReadAllBytes(File(format)).Should().Equal(before);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    public void Read_OfNumbersThatAreNone_NamesTheImage(string number)
    {
        System.IO.File.WriteAllText(File("csv"), $"name,f0,f1\na.jpg,1,2\nb.jpg,{number},0\n");

        var read = () => EmbeddingTable.Read(File("csv"));

        read.Should().Throw<InvalidDataException>().WithMessage("*'b.jpg' is NaN or infinite*");
    }

    [Theory]
    [InlineData("0 1 0 1 0 1", "", true)]
    [InlineData("0 1 0 1 1", "", false)]
    [InlineData("0 1 0 1 1 0", "", false)]
    [InlineData("0 1 0 1 0 1", "3", false)]
    public async Task Read_OfAnotherProgramsParquet_TakesListsOfOneLengthWithEveryNumber(string starts, string missing, bool isGood)
    {
        await WriteParquet([.. starts.Split(' ').Select(int.Parse)], [.. missing.Select(digit => digit - '0')]);

        var read = () => EmbeddingTable.Read(File("parquet")).Dispose();

        if (isGood)
        {
            read.Should().NotThrow();
        }
        else
        {
            read.Should().Throw<InvalidDataException>().WithMessage("*is no valid Parquet file of embeddings: *");
        }
    }

    [Fact]
    public void Read_OfAnotherEnd_SaysWhichAreAllowed()
    {
        var read = () => EmbeddingTable.Read("table.txt");

        read.Should().Throw<InvalidOptionsException>().WithMessage("*'table.txt'*.parquet, .csv, .npy or .safetensors*");
    }

    [Fact]
    public void Read_OfNpyWithoutItsNames_SaysWhatIsMissing()
    {
        using var table = Table();
        table.Write(File("npy"));
        System.IO.File.Delete(File("npy") + ".json");

        var read = () => EmbeddingTable.Read(File("npy"));

        read.Should().Throw<InvalidDataException>().WithMessage("*table.npy.json' does not exist, which holds the names*");
    }

    [Fact]
    public void Table_OfFewerNames_IsRefused()
    {
        using var numbers = Random();
        var table = () => new EmbeddingTable(new EmbeddedImages(["a"]), numbers);

        table.Should().Throw<ArgumentException>().WithMessage("7 embeddings have 1 names*");
    }

    [Fact]
    public void Table_OfFewerLabels_IsRefused()
    {
        using var numbers = Random();
        var table = () => new EmbeddingTable(new EmbeddedImages(Names, ["cat"]), numbers);

        table.Should().Throw<ArgumentException>().WithMessage("7 embeddings have 7 names and 1 labels*");
    }

    [SkippableFact]
    public void NpyAndCsv_InPython_AreTheSame()
    {
        using var table = Table();
        table.Write(File("npy"));
        table.Write(File("csv"));

        var reason = PythonScript.Run(
            "embeddings.py", "numpy", [new { Npy = File("npy"), Csv = File("csv"), Names, Output = _folder.PathOf("read.bin") }], _folder);

        Skip.If(reason is not null, reason);
        System.IO.File.ReadAllBytes(_folder.PathOf("read.bin")).Should().Equal(table.Embeddings.bytes.ToArray());
    }

    /// <summary>Writes lists of numbers, of which 0 begins one, and some may be missing.</summary>
    private async Task WriteParquet(int[] starts, int[] missing)
    {
        var (name, element) = (new DataField<string>("name", false), new DataField<float?>("element"));
        await using var stream = System.IO.File.Create(File("parquet"));
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(name, new ListField("embedding", element)), stream);
        using var group = writer.CreateRowGroup();
        await group.WriteAsync(name, [.. starts.Where(start => start == 0).Select((_, i) => $"{i}.jpg")]);
        int[] present = [.. starts.Select((_, i) => element.MaxDefinitionLevel - (missing.Contains(i) ? 1 : 0))];
        ReadOnlyMemory<float> values = Enumerable.Range(0, starts.Length - missing.Length).Select(i => (float)i).ToArray();
        await group.WriteAllPartsAsync<float>(element, values, present, starts, CancellationToken.None);
    }

    private static Tensor Random() => randn(Names.Length, Width);

    private static EmbeddingTable Table() => new(new EmbeddedImages(Names, Labels, "/photographs", "run of today"), Random());

    private static float[] Numbers(EmbeddingTable table) => table.Embeddings.data<float>().ToArray();

    private string File(string format) => _folder.PathOf($"table.{format}");
}
