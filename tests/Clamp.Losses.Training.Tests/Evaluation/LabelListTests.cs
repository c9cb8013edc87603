namespace Clamp.Losses.Training.Tests;

public sealed class LabelListTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string List => _temporary.PathOf("labels.txt");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        LabelList.Write(List, [5, 0, 19]);

        LabelList.Read(List, images: 20).Should().Equal(5, 0, 19);
    }

    [Fact]
    public void Read_CommentsAndEmptyLines_AreSkipped()
    {
        File.WriteAllText(List, "# ten per cent\n\n 3 \r\n7 # a shirt\n");

        LabelList.Read(List, images: 20).Should().Equal(3, 7);
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

        var act = () => LabelList.Read(List, images: 20);

        act.Should().Throw<InvalidDataException>().WithMessage($"'{List}'*{message}");
    }
}
