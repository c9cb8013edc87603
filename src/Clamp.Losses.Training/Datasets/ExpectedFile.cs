namespace Clamp.Losses.Training;

/// <summary>A file that a data set needs, and what to tell a user whose file is missing or damaged.</summary>
/// <param name="Path">Where the file is looked for.</param>
/// <param name="Content">What it must hold, as a phrase that completes "expected ...".</param>
/// <param name="Source">The public page that offers the data set.</param>
internal sealed record ExpectedFile(string Path, string Content, string Source)
{
    /// <summary>Describes the file as missing.</summary>
    /// <returns>The exception to throw.</returns>
    public FileNotFoundException Missing() =>
        new($"'{Path}' does not exist; expected {Content}. Get it from {Source}, or let the trainer's --download fetch it.", Path);

    /// <summary>Describes the file as truncated or damaged.</summary>
    /// <param name="finding">What was found in it.</param>
    /// <param name="cause">The exception that revealed it, if any.</param>
    /// <returns>The exception to throw.</returns>
    public InvalidDataException Damaged(string finding, Exception? cause = null) =>
        new($"'{Path}' {finding}; expected {Content}. Get it from {Source}.", cause);
}
