using Clamp.Losses.Training;
using Spectre.Console;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Fetches the files of a data set and shows how far it is: a live bar on a terminal, a line for each file elsewhere.</summary>
public static class DatasetDownload
{
    /// <summary>Fetches every file that is missing.</summary>
    /// <param name="kind">The data set.</param>
    /// <param name="folder">Where to put the files.</param>
    /// <exception cref="ArgumentException">Nothing is published for this kind.</exception>
    /// <exception cref="IOException">A file cannot be fetched or written.</exception>
    /// <exception cref="InvalidDataException">A file has another sum than the published one.</exception>
    public static void Run(DatasetKind kind, DirectoryInfo folder)
    {
        var files = PublicFiles.Of(kind);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var downloader = new Downloader(client);
        foreach (var file in files)
        {
            Show(file, folder, progress => downloader.FetchAsync(file, folder, progress).GetAwaiter().GetResult());
        }
    }

    private static void Show(PublicFile file, DirectoryInfo folder, Action<IProgress<FileProgress>> fetch)
    {
        if (Console.IsOutputRedirected)
        {
            var isThere = File.Exists(Path.Combine(folder.FullName, file.Name));
            Console.WriteLine(isThere ? $"checking {file.Name}, which is there" : $"fetching {file.Name} from {file.Url.Host}");
            fetch(new Progress<FileProgress>());
            return;
        }

        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .Start(context =>
            {
                var task = context.AddTask(file.Name, maxValue: double.MaxValue);
                fetch(new TaskProgress(task));
                task.Value = task.MaxValue;
            });
    }

    private sealed class TaskProgress(ProgressTask task) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => (task.MaxValue, task.Value) = (value.Total ?? double.MaxValue, value.Bytes);
    }
}
