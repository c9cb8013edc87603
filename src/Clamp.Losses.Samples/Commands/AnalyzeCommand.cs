using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Training;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Draws what a finished run made of its images, as a page to look at.</summary>
public static class AnalyzeCommand
{
    private const int MostRuns = 2;

    private static readonly AnalysisOptions Defaults = new();

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var runs = new Option<string[]>("--run")
        {
            Description = "The folder of a finished pretraining; given twice, two runs are laid side by side.",
            HelpName = "DIR",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--output")
        {
            Description = "The page, FILE.html; its drawings go into the folder FILE.",
            HelpName = "FILE.html",
            Required = true,
        };
        var root = new Option<DirectoryInfo?>("--data-root")
        {
            Description = "The folder with the data set's files, where they have moved since the training.",
            HelpName = "DIR",
        };
        var images = DefaultedOption.Create(
            "--images", "How many test images to look at, balanced over classes; held-out ones where there are no test images.", Defaults.Images);
        var train = DefaultedOption.Create(
            "--train-images", "From how many training images the probe learns, and among how many neighbours are found.", Defaults.TrainImages);
        var views = DefaultedOption.Create("--views", "How many augmented views of each image are looked at.", Defaults.Views);
        var force = new Option<bool>("--force") { Description = "Replace an earlier report." };
        var command = new Command("analyze", """
            Draw what a finished run made of its images: one page without any network access, for one run or two side by side.

            It shows curves of the training, how alike images of one class and of two are before and after it, the eigenspectrum, maps of the
            features, views, nearest neighbours, and what a linear probe confuses. Nothing is chosen on test images.
            """) { runs, output, root, images, train, views, force };
        command.SetAction(arguments =>
        {
            var options = new AnalysisOptions
            {
                Images = arguments.GetValue(images),
                TrainImages = arguments.GetValue(train),
                Views = arguments.GetValue(views),
            };
            options.Validate();
            return Run(arguments.GetValue(runs)!, arguments.GetValue(root)?.FullName, options, arguments.GetValue(output)!, arguments.GetValue(force));
        });
        return command;
    }

    private static int Run(IReadOnlyList<string> runs, string? root, AnalysisOptions analysis, string output, bool replace)
    {
        if (runs.Count > MostRuns)
        {
            throw new InvalidOptionsException($"--run is given {runs.Count} times; it must be once or twice.");
        }

        var folder = Path.ChangeExtension(output, null);
        if (Path.GetExtension(output) != ".html")
        {
            throw new InvalidOptionsException($"--output is '{output}'; it must be the name of a page, FILE.html.");
        }

        ResultFile.Reserve(output, replace);
        var clock = Stopwatch.StartNew();
        var opened = runs.Select(RunFolder.Open<RunOptions>).ToList();
        var measured = opened.ConvertAll(run => Measure(run.Folder, run.Options with { DataRoot = root ?? run.Options.DataRoot }, analysis));
        var (html, files) = ReportPage.Write(measured);
        Directory.CreateDirectory(folder);
        foreach (var (name, svg) in files)
        {
            AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(svg)));
        }

        ResultFile.Write(Path.Combine(folder, "figures.json"), AnalysisReport.Of(measured));
        AtomicFile.Write(output, stream => stream.Write(Encoding.UTF8.GetBytes(html)));
        Console.WriteLine($"analyze: wrote {output} and {files.Count} drawings into {folder} in {clock.Elapsed.TotalSeconds:F0} s");
        return 0;
    }

    private static AnalysedRun Measure(RunFolder folder, RunOptions options, AnalysisOptions analysis)
    {
        void Tell(string what) => Console.WriteLine($"analyze: {folder.Path}: {what}");
        options.Validate();
        Tell("images");
        var images = options.LoadImages(SkiaImage.Read);
        EvaluatedRun.Warn(images);
        return RunAnalysis.Measure(folder, options, images, analysis, cuda.is_available() ? CUDA : CPU, Tell);
    }
}
