using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Clamp.Losses.Samples.Analysis;
using Clamp.Losses.Samples.Sweeps;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Trains the same with other settings, and lays the outcomes side by side.</summary>
public static class SweepCommand
{
    private const string Table = "sweep.csv";
    private const string Drawing = "sweep.svg";
    private const string Page = "sweep.html";

    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var settings = new PretrainArguments();
        var work = new RunArguments();
        var output = new Option<string>("--output")
        {
            Description = "The folder of the sweep, with a run folder for each training. The same command again goes on there.",
            HelpName = "DIR",
            Required = true,
        };
        var vary = new Option<string[]>("--vary")
        {
            Description = "A setting and the values to try; may be repeated. Any key of --set; a list's items have spaces between them. By default r_s, alpha, views and "
                + "batch size: half the base's, the base's and twice it, and exponents of 1.5, 2 and 3.",
            HelpName = "KEY=VALUE,VALUE,...",
        };
        var grid = new Option<bool>("--grid") { Description = "Train every combination of the values. Drawn is then the mean over the other settings." };
        var seeds = ListOption.Create<int>("--seeds", "Train each with every one of these seeds; by default the base's alone.", []);
        var command = new Command("sweep", """
            Pretrain with other settings, one changed at a time, and compare: a table, a drawing and a page.

            The other options are those of pretrain and say what all trainings share, the base. Each training is a run of its own, whose
            folder the other commands take. Scores are those of held-out images; no test image is looked at.
            """) { output, vary, grid, seeds };
        work.AddWorkTo(command);
        settings.AddTo(command);
        command.SetAction(arguments =>
        {
            var options = settings.Resolve(arguments, null);
            var varied = arguments.GetValue(vary) is { Length: > 0 } given ? given.Select(VariedSetting.Parse) : VariedSetting.OfThePaper(options);
            var plan = SweepPlan.Of(options, varied, arguments.GetValue(grid), arguments.Given(seeds, [options.Seed]), layer => settings.Resolve(arguments, null, layer));
            settings.Fetch(arguments, options);
            return Run(plan, arguments.GetValue(output)!, work.Settings(arguments), settings.Preset(arguments));
        });
        return command;
    }

    private static int Run(SweepPlan plan, string path, RunSettings settings, string? preset)
    {
        settings.Checkpoints.Validate();
        using var folder = SweepFolder.Open(path, plan.Base);
        var outcomes = plan.Cells.ToDictionary(cell => cell.Name, folder.OutcomeOf);
        var left = plan.Cells.Where(cell => outcomes[cell.Name].State == CellState.Unfinished).ToList();
        Console.WriteLine($"sweep: {left.Count} of {plan.Cells.Count} trainings to do; folder {path}");
        foreach (var cell in left.Where(cell => folder.ToGoOnWith(cell) is null).DistinctBy(cell => WhatItNeeds(cell.Options)))
        {
            PretrainCommand.Rehearse(cell.Options);
        }

        using var signals = new StopSignals();
        var (clock, done) = (new Stopwatch(), 0.0);
        for (var i = 0; i < left.Count; i++)
        {
            clock.Start();
            outcomes[left[i].Name] = Train(left[i], folder, settings, preset, signals);
            clock.Stop();
            Write(folder, new SweepResult(plan, outcomes), isLast: false);
            if (signals.ExitCode != 0)
            {
                var finished = outcomes.Values.Count(outcome => outcome.State == CellState.Finished);
                Console.WriteLine($"sweep: stopped with {finished} of {plan.Cells.Count} trainings finished; the same command goes on");
                return signals.ExitCode;
            }

            done += left[i].Work;
            var rest = left.Skip(i + 1).Sum(cell => cell.Work);
            Tell($"[{plan.Cells.Count - left.Count + i + 1}/{plan.Cells.Count}] {left[i].Name}", outcomes[left[i].Name], TimeLeft.Describe(clock.Elapsed * (rest / done)));
        }

        Write(folder, new SweepResult(plan, outcomes), isLast: true);
        return Finish(new SweepResult(plan, outcomes), folder);
    }

    // What may be missing or wrong beside the settings: images and first weights.
    private static object WhatItNeeds(RunOptions options) =>
        (options.Dataset, options.DataRoot, options.Manifest, options.TrainImages, options.ValidationShare, (options.Init, options.Encoder, options.SmallStem));

    private static CellOutcome Train(SweepCell cell, SweepFolder folder, RunSettings settings, string? preset, StopSignals signals)
    {
        try
        {
            var begun = folder.ToGoOnWith(cell);
            PretrainCommand.Run(cell.Options, settings with { Output = folder.PathOf(cell), Resume = begun, Silent = true }, preset, signals);
            return folder.OutcomeOf(cell);
        }
        catch (Exception e)
        {
            return new CellOutcome(CellState.Failed, Reason: CommandLine.Reason(e));
        }
    }

    private static void Tell(string name, CellOutcome outcome, string left)
    {
        if (outcome.State == CellState.Failed)
        {
            Console.Error.WriteLine($"error: {name}: {outcome.Reason}");
            return;
        }

        string Change(string what, double? before, double? after) =>
            before is null || after is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{what} {before:P1} -> {after:P1}, ");
        var (before, after, end) = (outcome.Report!.Untrained, outcome.Report.Pretrained, outcome.End);
        Console.WriteLine($"{name}: {Change("linear probe", before?.LinearProbe, after?.LinearProbe)}{Change("20-NN", before?.NearestNeighbours, after?.NearestNeighbours)}"
            + string.Create(CultureInfo.InvariantCulture, $"loss {end?.Loss:F2}, radius {end?.MeanRadius:F3}; {end?.Seconds:F0} s; {left} left"));
    }

    // A disk that is full for a while must not end the trainings that are left; at the end it is told.
    private static void Write(SweepFolder folder, SweepResult sweep, bool isLast)
    {
        try
        {
            var panels = SweepDrawing.Panels(sweep);
            folder.Write(Table, SweepCsv.Of(sweep));
            folder.Write(Drawing, VectorImage.Grid(panels, columns: Math.Min(2, panels.Count)).ToFile());
            folder.Write(Page, SweepPage.Of(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.PathOf("")))), sweep, panels));
        }
        catch (IOException e) when (!isLast)
        {
            Console.Error.WriteLine($"warning: {e.Message}");
        }
    }

    private static int Finish(SweepResult sweep, SweepFolder folder)
    {
        foreach (var setting in sweep.Plan.Varied)
        {
            Console.WriteLine($"{setting.Label}{(sweep.Plan.IsGrid ? ", over the other settings" : "")}:");
            var table = new ResultTable([.. SweepResult.Columns]);
            foreach (var row in sweep.Rows(setting))
            {
                table.AddText([.. row]);
            }

            table.Write();
        }

        var failed = sweep.Outcomes.Values.Count(outcome => outcome.State == CellState.Failed);
        Console.WriteLine($"sweep: {sweep.Plan.Cells.Count - failed} of {sweep.Plan.Cells.Count} trainings finished; wrote {folder.PathOf(Table)}, {Drawing} and {Page}"
            + (failed > 0 ? $"; {failed} failed, which the same command tries again" : ""));
        return failed > 0 ? 1 : 0;
    }
}
