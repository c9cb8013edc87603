namespace Clamp.Losses.Training.Tests;

public sealed class LabelListTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static readonly MemoryImages Images = new(new byte[20 * 3], 1, 1);

    private static readonly FileImages Files = new(["/a/cat/1.png", "/a/cat/2.png", "/a/dog/1.png", "/a/dog/3.png"], 1, _ => throw new InvalidDataException());

    private string List => _temporary.PathOf("labels.txt");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        LabelList.Write(List, [5, 0, 19]);

        LabelList.Read(List, Images).Should().Equal(5, 0, 19);
    }

    [Fact]
    public void Read_CommentsAndEmptyLines_AreSkipped()
    {
        File.WriteAllText(List, "# ten per cent\n\n 3 \r\n7 # a shirt\n");

        LabelList.Read(List, Images).Should().Equal(3, 7);
    }

    [Theory]
    [InlineData("4\n20", "line 2, is '20'*from 0 to 19*")]
    [InlineData("-1", "line 1, is '-1'*")]
    [InlineData("shirt.png", "line 1, is 'shirt.png'*")]
    [InlineData("4\n5\n4", "line 3, repeats 4*")]
    [InlineData("# nothing", "lists no image*")]
    public void Read_AMistake_NamesFileAndLine(string content, string message)
    {
        File.WriteAllText(List, content);

        var act = () => LabelList.Read(List, Images);

        act.Should().Throw<InvalidDataException>().WithMessage($"'{List}'*{message}");
    }

    [Fact]
    public void Read_NamesOfFiles_AreTheirPositions()
    {
        File.WriteAllText(List, "3.png\ndog/1.png # of two\n1\n");

        LabelList.Read(List, Files).Should().Equal(3, 2, 1);
    }

    [Theory]
    [InlineData("1.png", "line 1, is '1.png', the name of several images; put its folder before it*")]
    [InlineData("2.png\n4.png", "line 2, is '4.png'; it must be a position from 0 to 3, or the name of a training image.")]
    [InlineData("2.png\ncat/2.png", "line 2, repeats cat/2.png*")]
    public void Read_ANameThatIsNotOne_NamesFileAndLine(string content, string message)
    {
        File.WriteAllText(List, content);

        var act = () => LabelList.Read(List, Files);

        act.Should().Throw<InvalidDataException>().WithMessage($"'{List}'*{message}");
    }
}
