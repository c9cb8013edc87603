using Clamp.Losses.Samples.Configuration;
using Clamp.Losses.Samples.Sweeps;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Tests.Sweeps;

public sealed class SweepPlanTests
{
    private static readonly RunOptions Base = new();

    [Fact]
    public void Of_OneAtATime_TrainsTheBaseOnceAndEachValueBesideIt() =>
        Plan(["Clamp:RadiusScale=1,7", "Views=2"]).Cells.Select(cell => cell.Name)
            .Should().Equal("base", "Clamp.RadiusScale=1", "Clamp.RadiusScale=7", "Views=2");

    [Fact]
    public void Of_AGrid_TrainsEveryCombination() =>
        Plan(["Views=2,4", "BatchSize=32,64"], isGrid: true).Cells.Select(cell => (cell.Options.Views, cell.Options.BatchSize))
            .Should().BeEquivalentTo([(2, 32), (2, 64), (4, 32), (4, 64)]);

    [Fact]
    public void Of_EqualCells_AreTrainedOnce() =>
        Plan(["Clamp:RadiusScale=3.0,7,7.00", "clamp:radiusscale=7"]).Cells.Select(cell => cell.Name).Should().Equal("base", "Clamp.RadiusScale=7");

    [Fact]
    public void Of_TheOrderOfSettings_LeavesTheNames() =>
        Plan(["Views=2", "BatchSize=32"], isGrid: true).Cells.Single().Name.Should().Be(Plan(["BatchSize=32", "Views=2"], isGrid: true).Cells.Single().Name);

    [Fact]
    public void Of_Seeds_TrainsAllOfOneBeforeTheNextAndNamesThoseThatAreNotTheBases() =>
        Plan(["Views=2"], seeds: [1, 5]).Cells.Select(cell => (cell.Name, cell.Options.Seed))
            .Should().Equal(("base", 1), ("Views=2", 1), ("Seed=5", 5), ("Views=2,Seed=5", 5));

    [Fact]
    public void Of_AList_HasItsItemsWithSpacesBetweenThem() =>
        Plan(["Projection=16 8,32"]).Cells.Select(cell => string.Join('-', cell.Options.Projection)).Should().Equal("256-128", "16-8", "32");

    [Fact]
    public void Of_Mistakes_AreToldAllAtOnceWithWhatWasGiven()
    {
        var plan = () => Plan(["Clamp:RadiusScal=3", "Views=many,1", "BatchSize=64"]);

        plan.Should().Throw<InvalidOptionsException>().Which.Message.Split(Environment.NewLine).Should().Equal(
            "--vary Clamp:RadiusScal is no setting; did you mean Clamp:RadiusScale?",
            "--vary Views is 'many'; it must be a whole number.",
            "--vary Views=1: Views is 1; it must be from 2 to 1000.");
    }

    [Fact]
    public void Of_ACombinationThatDoesNotGo_IsRefused()
    {
        var plan = () => Plan(["Loss=Clamp,VicReg", "Chunk=0,16"], isGrid: true);

        plan.Should().Throw<InvalidOptionsException>().WithMessage("--vary Loss=VicReg, Chunk=16: Chunk is 16; it must be 0 unless Loss is Clamp*");
    }

    [Fact]
    public void ByValue_OneAtATime_ComparesWhatDiffersInThatAlone()
    {
        var plan = Plan(["Clamp:RadiusScale=10,2", "Views=2"], seeds: [1, 2]);

        plan.ByValue(plan.Varied[0]).Select(group => $"{group.Value}: {string.Join(' ', group.Cells.Select(cell => cell.Name))}").Should().Equal(
            "2: Clamp.RadiusScale=2 Clamp.RadiusScale=2,Seed=2",
            "3: base Seed=2",
            "10: Clamp.RadiusScale=10 Clamp.RadiusScale=10,Seed=2");
    }

    [Fact]
    public void ByValue_AGrid_ComparesAll()
    {
        var plan = Plan(["Views=2,4", "BatchSize=32,64"], isGrid: true);

        plan.ByValue(plan.Varied[1]).Select(group => (group.Value, group.Cells.Count)).Should().Equal(("32", 2), ("64", 2));
    }

    [Fact]
    public void OfThePaper_AroundTheDefaults_IsItsFourSettings()
    {
        var plan = SweepPlan.Of(Base, VariedSetting.OfThePaper(Base), false, [1], Resolve);

        plan.Cells.Select(cell => cell.Name).Should().Equal("base", "Clamp.RadiusScale=1.5", "Clamp.RadiusScale=6", "Clamp.PotentialExponent=1.5",
            "Clamp.PotentialExponent=3", "Views=2", "Views=8", "BatchSize=32", "BatchSize=128");
    }

    [Theory]
    [InlineData("32 64 128", new[] { 5.0, 6, 7 })]
    [InlineData("1.5 2 3", new[] { 1.5, 2, 3 })]
    [InlineData("Lars Sgd", new[] { 0.0, 1 })]
    public void Places_OfPowers_AreTheirLogarithms(string values, double[] places) => SweepDrawing.Places(values.Split(' ')).Should().Equal(places);

    private static SweepPlan Plan(string[] varied, bool isGrid = false, int[]? seeds = null) =>
        SweepPlan.Of(Base, varied.Select(VariedSetting.Parse), isGrid, seeds ?? [1], Resolve);

    private static RunOptions Resolve(ConfigurationLayer layer) => PretrainConfiguration.Resolve([layer]);
}
