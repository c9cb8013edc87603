using System.Net;
using System.Net.Http.Headers;

namespace Clamp.Losses.Training;

/// <summary>
/// Fetches published files. What has arrived is kept as <c>NAME.part</c>, from which a later call goes on; a file gets its name only when
/// its sum is the published one.
/// </summary>
/// <param name="client">Makes the requests; its own timeout should be infinite, as a whole file takes long.</param>
/// <param name="firstPause">The pause before the second attempt, doubled with each further one; 1 second by default.</param>
/// <param name="patience">How long a server may send nothing; 60 seconds by default.</param>
public sealed class Downloader(HttpClient client, TimeSpan? firstPause = null, TimeSpan? patience = null)
{
    /// <summary>How often a file is asked for before giving up.</summary>
    public const int Attempts = 5;

    private const int BufferBytes = 1 << 16;

    private readonly TimeSpan _firstPause = firstPause ?? TimeSpan.FromSeconds(1);
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromMinutes(1);

    /// <summary>Fetches a file unless it is there already.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">Where to put it; created when it does not exist.</param>
    /// <param name="progress">Told what arrives.</param>
    /// <param name="stop">Stops the transfer; what has arrived is kept.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="IOException">The file cannot be fetched, or not be written; the message says what to put where instead.</exception>
    /// <exception cref="InvalidDataException">
    /// What arrived has another sum, and was deleted; or a file of this name and another sum exists, and was left as it is.
    /// </exception>
    public async Task FetchAsync(PublicFile file, DirectoryInfo folder, IProgress<FileProgress> progress, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(progress);
        folder.Create();
        string path = Path.Combine(folder.FullName, file.Name);
        if (File.Exists(path))
        {
            ThrowIfAnother(file, path);
            return;
        }

        string part = path + ".part";
        await using (var stream = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            await TransferPatientlyAsync(file, folder, stream, progress, stop);
            stream.Flush(flushToDisk: true);
        }

        string sum = RememberedSums.Taken(part);
        if (sum != file.Md5)
        {
            File.Delete(part);
            throw new InvalidDataException(
                $"'{file.Url}' gave a file with the MD5 {sum} instead of {file.Md5}; it was deleted. {Advice(file, folder)}");
        }

        File.Move(part, path);
        RememberedSums.Remember(path, sum);
    }

    private static void ThrowIfAnother(PublicFile file, string path)
    {
        string sum = RememberedSums.Of(path);
        if (sum != file.Md5)
        {
            throw new InvalidDataException(
                $"'{path}' has the MD5 {sum}, not {file.Md5} as the published file. It was left as it is: use it without a download, "
                + "or move it away to fetch the published one.");
        }
    }

    private async Task TransferPatientlyAsync(
        PublicFile file, DirectoryInfo folder, FileStream part, IProgress<FileProgress> progress, CancellationToken stop)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await TransferAsync(file.Url, part, progress, stop);
                return;
            }
            catch (HttpRequestException exception) when (attempt == Attempts || !IsPassing(exception))
            {
                throw new IOException($"'{file.Url}' cannot be fetched: {exception.Message.TrimEnd('.')}. {Advice(file, folder)}", exception);
            }
            catch (HttpRequestException)
            {
                await Task.Delay(_firstPause * Math.Pow(2, attempt - 1), stop);
            }
        }
    }

    private async Task TransferAsync(Uri url, FileStream part, IProgress<FileProgress> progress, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (part.Length > 0)
        {
            request.Headers.Range = new RangeHeaderValue(part.Length, null);
        }

        using var response = await FromServer(patience => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience), stop);

        // Nothing lies beyond what is there: the sum will tell whether that is the file.
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return;
        }

        response.EnsureSuccessStatusCode();
        if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != part.Length)
        {
            part.SetLength(0);
        }

        part.Position = part.Length;
        await CopyAsync(response.Content, part, progress, stop);
    }

    private async Task CopyAsync(HttpContent content, FileStream part, IProgress<FileProgress> progress, CancellationToken stop)
    {
        long? total = part.Length + content.Headers.ContentLength;
        await using var stream = await content.ReadAsStreamAsync(stop);
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await FromServer(patience => stream.ReadAsync(buffer, patience).AsTask(), stop)) > 0)
        {
            await part.WriteAsync(buffer.AsMemory(0, read), stop);
            progress.Report(new FileProgress(part.Length, total));
        }
    }

    /// <summary>Waits for the server with limited patience; its faults become <see cref="HttpRequestException"/>, unlike those of the disk.</summary>
    private async Task<T> FromServer<T>(Func<CancellationToken, Task<T>> ask, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(_patience);
        try
        {
            return await ask(patience.Token);
        }
        catch (OperationCanceledException exception) when (!stop.IsCancellationRequested)
        {
            throw new HttpRequestException($"the server sent nothing for {_patience.TotalSeconds} s", exception);
        }
        catch (IOException exception)
        {
            throw new HttpRequestException(exception.Message, exception);
        }
    }

    // A status of 400 to 499 says that asking again is of no use, but for a timeout and for having asked too often.
    private static bool IsPassing(HttpRequestException exception) => exception.StatusCode
        is null or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private static string Advice(PublicFile file, DirectoryInfo folder) =>
        $"Try again to go on, or put the file '{file.Name}' (MD5 {file.Md5}) into '{folder.FullName}' yourself.";
}
