namespace Clamp.Losses.Training.Tests;

public sealed class RowSelectionTests
{
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    public void ApplyTo_OfABatch_ChangesTheSelectedRowsAlone(params bool[] selected)
    {
        using var scope = torch.NewDisposeScope();
        var rows = torch.zeros(3, 2, torch.ScalarType.Float32);
        var selection = new RowSelection([.. selected.Select(flip => new ViewParameters { Flip = flip })], view => view.Flip);

        selection.ApplyTo(rows, chosen => chosen.add_(1));

        rows.Values().Should().Equal(selected.SelectMany(flip => new[] { flip ? 1f : 0f, flip ? 1f : 0f }));
    }

    [Fact]
    public void Views_OfASelection_AreThoseOfItsRows()
    {
        ViewParameters[] views = [new() { Hue = 0.1, Blur = true }, new() { Hue = 0.2 }, new() { Hue = 0.3, Blur = true }];

        new RowSelection(views, view => view.Blur).Views.Should().Equal(views[0], views[2]);
    }
}
