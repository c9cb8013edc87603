using static TorchSharp.torch;

namespace Clamp.Losses.Training;

/// <summary>
/// The folder of a fine-tuning: finetune.json, finetuned.dat (the weights of encoder and classifier) and labelled.txt (the positions of the
/// labelled images, which <see cref="LabelList"/> reads).
/// </summary>
/// <param name="path">The folder.</param>
public sealed class FinetuneFolder(string path)
{
    /// <summary>The folder.</summary>
    public string Path => path;

    private string ReportFile => System.IO.Path.Combine(path, "finetune.json");

    private string WeightsFile => System.IO.Path.Combine(path, "finetuned.dat");

    /// <summary>Makes sure, before hours of work, that the folder exists and holds no earlier result.</summary>
    /// <param name="replace">Whether an earlier result may be replaced.</param>
    /// <exception cref="IOException">The folder holds a result that may not be replaced, or cannot be created.</exception>
    public void Reserve(bool replace)
    {
        ResultFile.Reserve(ReportFile, replace);
        ResultFile.Reserve(WeightsFile, replace);
    }

    /// <summary>Stores the weights, all or nothing.</summary>
    /// <param name="network">The network.</param>
    public void SaveWeights(nn.Module network)
    {
        ArgumentNullException.ThrowIfNull(network);
        NetworkFile.Write(WeightsFile, network);
    }

    /// <summary>Stores which images were labelled, all or nothing.</summary>
    /// <param name="positions">Their positions in the training set.</param>
    public void SaveLabels(IEnumerable<int> positions) =>
        LabelList.Write(System.IO.Path.Combine(path, "labelled.txt"), positions);

    /// <summary>Stores the result, all or nothing.</summary>
    /// <param name="report">The result.</param>
    public void SaveReport(FinetuneReport report) => ResultFile.Write(ReportFile, report);
}
