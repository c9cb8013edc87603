using static TorchSharp.torch;

namespace Clamp.Losses.Training.Tests;

public sealed class ConfusionMatrixTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_LabelsAndPredictions_CountsRowsOfTheTrueClass()
    {
        var matrix = ConfusionMatrix.Of(tensor(new long[] { 0, 0, 0, 1, 2 }), tensor(new long[] { 0, 2, 2, 1, 0 }), classes: 3);

        Enumerable.Range(0, 9).Select(k => matrix[k / 3, k % 3]).Should().Equal(1, 0, 2, 0, 1, 0, 1, 0, 0);
        (matrix.Total, matrix.Accuracy, matrix.Count(0)).Should().Be((5, 0.4, 3));
    }

    [Theory]
    [InlineData(new long[] { 0, 3 }, new long[] { 0, 0 }, "*outside of 0 to 2*")]
    [InlineData(new long[] { 0, 1 }, new long[] { -1, 0 }, "*outside of 0 to 2*")]
    [InlineData(new long[] { 0, 1 }, new long[] { 0 }, "1 predictions given for 2 labels*")]
    [InlineData(new long[0], new long[0], "0 predictions*at least one*")]
    public void Of_WhatCannotBeCounted_IsRefused(long[] labels, long[] predictions, string message) =>
        FluentActions.Invoking(() => ConfusionMatrix.Of(tensor(labels), tensor(predictions), 3)).Should().Throw<ArgumentException>().WithMessage(message);
}
