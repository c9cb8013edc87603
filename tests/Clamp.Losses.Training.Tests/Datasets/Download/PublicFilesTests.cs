namespace Clamp.Losses.Training.Tests;

public sealed class PublicFilesTests
{
    [Theory]
    [InlineData(DatasetKind.Cifar10, 1)]
    [InlineData(DatasetKind.Cifar100, 1)]
    [InlineData(DatasetKind.Cifar100Coarse, 1)]
    [InlineData(DatasetKind.Mnist, 4)]
    [InlineData(DatasetKind.FashionMnist, 4)]
    public void Of_PublishedSets_GivesEachFileItsOwnSum(DatasetKind kind, int count)
    {
        var files = PublicFiles.Of(kind);

        files.Should().HaveCount(count).And.OnlyContain(file => file.Url.AbsoluteUri.EndsWith("/" + file.Name));
        files.Select(file => file.Md5).Should().OnlyHaveUniqueItems().And.AllSatisfy(sum => sum.Should().MatchRegex("^[0-9a-f]{32}$"));
    }

    [Theory]
    [InlineData(DatasetKind.Shapes)]
    [InlineData(DatasetKind.ImageFolder)]
    public void Of_SetsThatAreNotPublished_SaysForWhichThereAre(DatasetKind kind)
    {
        Action act = () => PublicFiles.Of(kind);

        act.Should().Throw<ArgumentException>().WithMessage($"*{kind}, only for Cifar10, Cifar100, Cifar100Coarse, FashionMnist, Mnist*");
    }
}
