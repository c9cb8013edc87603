using Clamp.Losses.Tests.Support;
using static TorchSharp.torch;

namespace Clamp.Losses.Tests;

public sealed class ClampLossInputTests : TorchTest
{
    public static TheoryData<long[], string> BadShapes => new()
    {
        { [1, 4, 3], "[1, 4, 3]*at least 2 views*" },
        { [4, 1, 3], "[4, 1, 3]*2 images*" },
        { [4, 4, 0], "[4, 4, 0]*a width of 1.*" },
        { [0, 0, 0], "[0, 0, 0]*at least 2 views*" },
        { [0, 4, 3], "[0, 4, 3]*at least 2 views*" },
        { [12], "[12]*Expected [V, B, D]" },
        { [], "[]*Expected [V, B, D]" },
        { [2, 2, 2, 2], "[2, 2, 2, 2]*Expected [V, B, D]" },
        { [8, 3], "[8, 3]*Views" },
    };

    [Theory, MemberData(nameof(BadShapes))]
    public void AnyEntryPoint_BadShape_NamesShapeAndWhatIsAllowed(long[] shape, string message)
    {
        var embeddings = zeros(shape, dtype: float32);
        foreach (var call in EntryPoints(new ClampLoss()))
        {
            ThrowsArgument(() => call(embeddings), "embeddings", message);
        }
    }

    [Fact]
    public void AnyEntryPoint_Null_Throws()
    {
        foreach (var call in EntryPoints(new ClampLoss()))
        {
            var act = () => call(null!);
            act.Should().Throw<ArgumentNullException>().WithParameterName("embeddings");
        }
    }

    [Theory]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    [InlineData(ScalarType.ComplexFloat32)]
    public void AnyEntryPoint_DtypeThatIsNotFloating_NamesIt(ScalarType dtype)
    {
        var embeddings = zeros(3, 4, 5, dtype: dtype);
        foreach (var call in EntryPoints(new ClampLoss()))
        {
            ThrowsArgument(() => call(embeddings), "embeddings", $"*{dtype}*Float64, Float32, Float16 or BFloat16*");
        }
    }

    [Fact]
    public void AnyEntryPoint_Sparse_SaysDense()
    {
        var embeddings = ones(3, 4, 5).to_sparse();
        foreach (var call in EntryPoints(new ClampLoss()))
        {
            ThrowsArgument(() => call(embeddings), "embeddings", "*sparse*dense*");
        }
    }

    [Fact]
    public void Forward_RowsNotAMultipleOfViews_NamesBoth() =>
        ThrowsArgument(() => WithViews(4).forward(zeros(10, 3)), "embeddings", "*rows, 10, is not divisible by ClampLossOptions.Views, which is 4.*");

    [Fact]
    public void Forward_OtherViewCountThanOptions_NamesBoth() =>
        ThrowsArgument(() => WithViews(4).forward(zeros(8, 4, 3)), "embeddings", "*8 views, but ClampLossOptions.Views is 4.*");

    [Fact]
    public void Forward_OneImageAfterUnflattening_Throws() =>
        ThrowsArgument(() => WithViews(4).forward(zeros(4, 3)), "embeddings", "*shape is [4, 3].*Views is 4, it is [4, 1, 3]*2 images*");

    [Fact]
    public void Forward_NullList_Throws()
    {
        var act = () => new ClampLoss().forward((IReadOnlyList<Tensor>)null!);
        act.Should().Throw<ArgumentNullException>().WithParameterName("views");
    }

    [Fact]
    public void Forward_ListOfOneView_Throws() =>
        ThrowsArgument(() => new ClampLoss().forward([zeros(4, 3)]), "views", "The number of views is 1; it must be at least 2.*");

    [Fact]
    public void Forward_ListWithNull_NamesItsPlace() =>
        ThrowsArgument(() => new ClampLoss().forward([zeros(4, 3), null!]), "views", "*View 1 is null*");

    [Fact]
    public void Forward_ListOfUnequalShapes_NamesBoth() =>
        ThrowsArgument(() => new ClampLoss().forward([zeros(4, 3), zeros(5, 3)]), "views", "*View 1*[5, 3]*view 0*[4, 3]*");

    [Fact]
    public void Forward_ListOfUnequalDtypes_NamesBoth() =>
        ThrowsArgument(() => new ClampLoss().forward([zeros(4, 3), zeros(4, 3, dtype: float64)]), "views", "*Float64*Float32*");

    [Fact]
    public void Forward_ListOfThreeDimensionalViews_NamesTheShape() =>
        ThrowsArgument(() => new ClampLoss().forward([zeros(4, 3, 2), zeros(4, 3, 2)]), "views", "*View 0*[4, 3, 2]*[B, D]*");

    private static ClampLoss WithViews(int views) => new(new ClampLossOptions { Views = views });

    private static Action<Tensor>[] EntryPoints(ClampLoss criterion) =>
    [
        embeddings => criterion.forward(embeddings),
        embeddings => criterion.LossAndGradient(embeddings),
        embeddings => criterion.Measure(embeddings),
    ];

    private static void ThrowsArgument(Action act, string parameter, string message) =>
        act.Should().Throw<ArgumentException>().WithParameterName(parameter).WithMessage($"*{message.TrimStart('*')}*");
}
