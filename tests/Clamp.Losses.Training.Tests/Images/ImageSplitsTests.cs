using CsCheck;

namespace Clamp.Losses.Training.Tests;

public sealed class ImageSplitsTests
{
    private static readonly Gen<(int[] Labels, double Share, int Seed)> Sets =
        Gen.Select(Gen.Int[0, 3].Array[1, 200], Gen.Double[0, 0.99], Gen.Int);

    [Fact]
    public void HoldOut_AnyLabels_TakesTheShareOfAllAndOfEachClassToWithinOneImage() => Sets.Sample((labels, share, seed) =>
    {
        var splits = Of(labels).HoldOut(share, seed);

        splits.HeldOut.Should().HaveCount(Math.Min((int)Math.Round(share * labels.Length), labels.Length - 1)).And.OnlyHaveUniqueItems().And.BeInAscendingOrder();
        foreach (var group in labels.GroupBy(label => label))
        {
            var expected = splits.HeldOut.Count * (double)group.Count() / labels.Length;
            splits.HeldOut.Count(position => labels[position] == group.Key).Should().BeInRange((int)Math.Ceiling(expected - 1), (int)(expected + 1));
        }
    });

    [Fact]
    public void HoldOut_SameSeed_RepeatsTheImages() => Sets.Sample((labels, share, seed) =>
        Of(labels).HoldOut(share, seed).HeldOut.Should().Equal(Of(labels).HoldOut(share, seed).HeldOut));

    [Fact]
    public void HoldOut_OtherSeed_TakesOtherImages() =>
        Of(new int[100]).HoldOut(0.1, 1).HeldOut.Should().NotEqual(Of(new int[100]).HoldOut(0.1, 2).HeldOut);

    [Fact]
    public void HoldOut_IsNotWhatALimitOrTheLabelledSubsetTakes() =>
        Of(new int[100]).HoldOut(0.1, 1).HeldOut.Should().NotEqual(LabelledSubset.Draw(Of(new int[100]).Train, 0.1, 1));

    [Fact]
    public void KeptAndValidation_ShareTheTrainingImagesAmongThem() => Sets.Sample((labels, share, seed) =>
    {
        var splits = Of(labels).HoldOut(share, seed);

        byte[] both = [.. Bytes(splits.Kept), .. splits.Validation is null ? [] : Bytes(splits.Validation)];
        both.AsSpan().Sort();

        both.Should().Equal(Bytes(splits.Train).Order());
        splits.Kept.Labels.Concat(splits.Validation?.Labels ?? []).Order().Should().Equal(labels.Order());
    });

    [Fact]
    public void HoldOut_WithoutLabels_TakesTheShare()
    {
        var splits = new ImageSplits(new MemoryImages(new byte[40 * 3], 1, 1)).HoldOut(0.05, 1);

        (splits.Kept.Count, splits.Validation!.Count, splits.Validation.HasLabels).Should().Be((38, 2, false));
    }

    [Fact]
    public void HoldOut_ShareOfNothing_KeepsAll()
    {
        var splits = Of([0, 1]).HoldOut(0, 1);

        splits.Kept.Should().BeSameAs(splits.Train);
        splits.Validation.Should().BeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void HoldOut_ShareOutOfRange_IsRefused(double share) =>
        Of([0]).Invoking(splits => splits.HoldOut(share, 1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(nameof(share));

    private static ImageSplits Of(int[] labels)
    {
        var pixels = Enumerable.Range(0, labels.Length).SelectMany(i => new[] { (byte)i, (byte)0, (byte)0 });
        return new(new MemoryImages([.. pixels], labels, 1, 1, ["a", "b", "c", "d"]));
    }

    private static byte[] Bytes(ImageSource images)
    {
        using var pixels = images.Pixels([.. Enumerable.Range(0, images.Count)]);
        return pixels.data<byte>().ToArray();
    }
}
