using System.Text;
using Clamp.Losses.Samples.Data.Cifar;
using CsCheck;

namespace Clamp.Losses.Samples.Tests.Data.Cifar;

public sealed class PickleReaderTests
{
    [Fact]
    public void Read_ListsTuplesAndConstants_GivesThem()
    {
        object? read = Read("\u0080\u0002](NK\u0005M\u0001\u0001J\u00ff\u00ff\u00ff\u00ff\u0088\u0089U\u0001ae(K\u0001K\u0002tq\u0001a)ah\u0001a.");

        var list = read.Should().BeOfType<List<object?>>().Subject;
        list.Take(7).Should().Equal(null, 5, 257, -1, true, false, "a");
        list[7].Should().BeEquivalentTo(new object[] { 1, 2 });
        list[8].Should().BeEquivalentTo(Array.Empty<object>());
        list[9].Should().BeSameAs(list[7]);
    }

    [Theory]
    [InlineData("cos\nsystem\n(U\u0002lstR.", "*'os.system'*not read*")]
    [InlineData("cbuiltins\neval\n.", "*'builtins.eval'*not read*")]
    [InlineData("cnumpy\nndarray\n)R.", "*unexpected construction*")]
    [InlineData("K\u0001Q.", "*opcode 0x51 at byte 2*")]
    [InlineData("\u0080\u0004K\u0001.", "*opcode 0x80 at byte 0*")]
    [InlineData("i", "*opcode 0x69 at byte 0*")]
    [InlineData(".", "*end of the stack*")]
    [InlineData("K\u0001K\u0002a.", "*unexpected append*")]
    [InlineData("K\u0001t.", "*end of a group*")]
    [InlineData("h\u0007.", "*unexpected reference*")]
    [InlineData("T\u00ff\u00ff\u00ff\u007f.", "*ends within a value*")]
    [InlineData("T\u00ff\u00ff\u00ff\u00ff.", "*ends within a value*")]
    [InlineData("cnumpy", "*ends within a value*")]
    [InlineData("}(K\u0001u.", "*unexpected key*")]
    [InlineData("}]K\u0001s.", "*unexpected key*")]
    [InlineData("", "*ends within a value*")]
    public void Read_AnythingElse_Refuses(string pickle, string message)
    {
        Action act = () => Read(pickle);

        act.Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [Fact]
    public void Read_DamagedPickle_GivesAnObjectOrRefuses()
    {
        byte[] whole = PickledBatch.Of([("labels", [1, 2])], 2, new byte[64]);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((position, value) =>
        {
            byte[] damaged = [.. whole];
            damaged[position] = value;
            try
            {
                new PickleReader(damaged).Read();
            }
            catch (InvalidDataException)
            {
            }
        });
    }

    private static object? Read(string pickle) => new PickleReader(Encoding.Latin1.GetBytes(pickle)).Read();
}
