namespace Clamp.Losses.Training;

/// <summary>What tells CIFAR-10, CIFAR-100 and their versions apart (A. Krizhevsky, 2009).</summary>
/// <param name="Kind">The data set.</param>
/// <param name="Archive">How the names of the published archives start: <c>cifar-10</c> of <c>cifar-10-binary.tar.gz</c>.</param>
/// <param name="BinaryFolder">The folder inside the binary archive.</param>
/// <param name="PythonFolder">The folder inside the python archive.</param>
/// <param name="TrainFiles">The files to train on, without extension; all but the first may be missing.</param>
/// <param name="TestFile">The file to measure on, without extension.</param>
/// <param name="FullFile">The most images that a file to train on holds.</param>
/// <param name="LabelBytes">How many labels stand before the pixels in a record of the binary version.</param>
/// <param name="LabelByte">Which of these is read.</param>
/// <param name="ClassNames">The names of the classes, in the order of the labels.</param>
internal sealed record CifarLayout(
    DatasetKind Kind,
    string Archive,
    string BinaryFolder,
    string PythonFolder,
    IReadOnlyList<string> TrainFiles,
    string TestFile,
    int FullFile,
    int LabelBytes,
    int LabelByte,
    IReadOnlyList<string> ClassNames)
{
    /// <summary>The height and width of every image in pixels.</summary>
    public const int Side = 32;

    /// <summary>How many images there are to measure on.</summary>
    public const int TestImages = 10_000;

    /// <summary>The bytes of an image: its red, its green and its blue plane, each row by row.</summary>
    public const int ImageBytes = ImageSource.Channels * Side * Side;

    /// <summary>The public page that offers the data sets.</summary>
    public const string Source = "https://www.cs.toronto.edu/~kriz/cifar.html";

    /// <summary>The name of the published binary archive.</summary>
    public string BinaryArchive => $"{Archive}-binary.tar.gz";

    /// <summary>The name of the published python archive.</summary>
    public string PythonArchive => $"{Archive}-python.tar.gz";
}
