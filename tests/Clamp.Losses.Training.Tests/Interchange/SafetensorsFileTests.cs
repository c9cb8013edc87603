using System.Buffers.Binary;
using System.Text;

namespace Clamp.Losses.Training.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string File => _temporary.PathOf("tensors.safetensors");

    public static TheoryData<torch.ScalarType> Types =>
    [
        torch.ScalarType.Bool, torch.ScalarType.Byte, torch.ScalarType.Int8, torch.ScalarType.Int16, torch.ScalarType.Int32,
        torch.ScalarType.Int64, torch.ScalarType.Float16, torch.ScalarType.BFloat16, torch.ScalarType.Float32, torch.ScalarType.Float64,
    ];

    /// <summary>Headers that lie, and what must be told about them; 8 bytes of data follow each.</summary>
    public static TheoryData<string, string> BadHeaders => new()
    {
        { "[1]", "no JSON object" },
        { "{", "no valid JSON" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "no valid JSON" },
        { """{"__metadata__":{"epoch":3},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__ is no object of strings" },
        { """{"a":[0,8]}""", "'a' is no object with dtype, shape and data_offsets" },
        { """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "'a' is no object with dtype, shape and data_offsets" },
        { """{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "type F8_E4M3; known: BOOL, U8" },
        { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "shape [-2]" },
        { """{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "shape [2.5]" },
        { """{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape 2" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets [8, 0]" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "data_offsets [0, 8, 8]" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "needs 12 bytes and has 8" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", "needs 73786976294838206464 bytes" },
        { """{"a":{"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", "needs 0 bytes" },
        { """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "is no valid safetensors file" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "overlap or leave a gap" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlap or leave a gap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte 4 of 8" },
        { """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "end at byte 16 of 8" },
        { "{}", "end at byte 0 of 8" },
    };

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Read_OfWhatWasWritten_HasTheSameValues(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var values = torch.arange(-3, 9, torch.ScalarType.Float32).reshape(3, 4).to(type);

        SafetensorsFile.Write(File, new Dictionary<string, torch.Tensor> { ["values"] = values.t() }, Metadata());
        using var read = SafetensorsFile.Read(File);

        read.Tensors.Keys.Should().Equal("values");
        read.Tensors["values"].dtype.Should().Be(type);
        read.Tensors["values"].shape.Should().Equal(4, 3);
        read.Tensors["values"].bytes.ToArray().Should().Equal(values.t().contiguous().bytes.ToArray());
    }

    [Fact]
    public void Read_OfScalarsAndEmptyTensorsAndText_RestoresThem()
    {
        using var scope = torch.NewDisposeScope();
        var tensors = new Dictionary<string, torch.Tensor>
        {
            ["steps"] = torch.tensor(7L),
            ["none"] = torch.zeros(0, 5),
            ["naïve \"name\""] = torch.ones(1),
        };

        SafetensorsFile.Write(File, tensors, Metadata(("grün", "<&> \"quoted\"")));
        using var read = SafetensorsFile.Read(File);

        read.Tensors.Keys.Should().BeEquivalentTo(tensors.Keys);
        read.Tensors["steps"].item<long>().Should().Be(7);
        read.Tensors["steps"].shape.Should().BeEmpty();
        read.Tensors["none"].shape.Should().Equal(0, 5);
        read.Metadata.Should().BeEquivalentTo(new Dictionary<string, string> { ["grün"] = "<&> \"quoted\"" });
    }

    [Fact]
    public void Write_OfSeveralTypes_AlignsEveryTensorToItsElements()
    {
        using var scope = torch.NewDisposeScope();
        var tensors = new Dictionary<string, torch.Tensor>
        {
            ["a"] = torch.ones(3, torch.ScalarType.Byte),
            ["b"] = torch.ones(3, torch.ScalarType.Float64),
            ["c"] = torch.ones(3, torch.ScalarType.Float16),
            ["d"] = torch.ones(3, torch.ScalarType.Float32),
        };

        SafetensorsFile.Write(File, tensors, Metadata());

        using var stream = System.IO.File.OpenRead(File);
        var header = SafetensorsHeader.Read(stream);
        (stream.Position % 8).Should().Be(0);
        header.Entries.Should().OnlyContain(entry => entry.Begin % tensors[entry.Name].element_size() == 0);
    }

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void Read_OfAHeaderThatLies_NamesTheFault(string header, string fault)
    {
        System.IO.File.WriteAllBytes(File, [.. Length((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[8]]);

        var read = () => SafetensorsFile.Read(File);

        var message = read.Should().Throw<InvalidDataException>().Which.Message;
        message.Should().Contain(File).And.Contain(fault);
    }

    [Fact]
    public void Read_OfAHeaderThatIsNoUtf8_NamesTheFile()
    {
        byte[] header = [.. "{\""u8, 0xff, 0xfe, .. "\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}"u8];
        System.IO.File.WriteAllBytes(File, [.. Length((ulong)header.Length), .. header, .. new byte[8]]);

        var read = () => SafetensorsFile.Read(File);

        read.Should().Throw<InvalidDataException>().WithMessage($"'{File}'*no valid JSON*");
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(200_000_000UL)]
    public void Read_OfAHeaderLongerThanTheFile_NamesItsLength(ulong claimed)
    {
        System.IO.File.WriteAllBytes(File, [.. Length(claimed), (byte)'{', (byte)'}']);

        var read = () => SafetensorsFile.Read(File);

        read.Should().Throw<InvalidDataException>().WithMessage($"*claims {claimed} bytes; there are 2*");
    }

    [Fact]
    public void Read_OfAFileCutAnywhere_Throws()
    {
        using var values = torch.ones(2, 2);
        SafetensorsFile.Write(File, new Dictionary<string, torch.Tensor> { ["values"] = values }, Metadata(("a", "b")));
        var whole = System.IO.File.ReadAllBytes(File);

        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            FluentActions.Invoking(() => SafetensorsFile.Read(File)).Should().Throw<InvalidDataException>($"{length} bytes are left");
        }
    }

    [Fact]
    public void Write_OfAComplexTensor_NamesItAndKeepsTheEarlierFile()
    {
        using var complex = torch.zeros(2, torch.ScalarType.ComplexFloat32);
        System.IO.File.WriteAllText(File, "earlier");

        var write = () => SafetensorsFile.Write(File, new Dictionary<string, torch.Tensor> { ["phase"] = complex }, Metadata());

        write.Should().Throw<ArgumentException>().WithMessage("'phase' holds 2 elements of ComplexFloat32; allowed: *F32*");
        System.IO.File.ReadAllText(File).Should().Be("earlier");
    }

    [Fact]
    public void Write_OfATensorCalledMetadata_Throws()
    {
        using var values = torch.zeros(2);

        var write = () => SafetensorsFile.Write(File, new Dictionary<string, torch.Tensor> { ["__metadata__"] = values }, Metadata());

        write.Should().Throw<ArgumentException>().WithMessage("A tensor is called __metadata__*");
    }

    private static Dictionary<string, string> Metadata(params (string Key, string Value)[] entries) =>
        entries.ToDictionary(entry => entry.Key, entry => entry.Value);

    private static byte[] Length(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
