using System.IO.Enumeration;

namespace Clamp.Losses.Images;

/// <summary>Finds image files.</summary>
public static class ImageFiles
{
    /// <summary>What is found, for messages.</summary>
    public const string Endings = "*.jpg, *.jpeg or *.png";

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>
    /// The images of a folder and of all folders in it, in ordinal order of their paths. Names that begin with a dot are passed over, and
    /// links to folders are not followed, as they may lead back.
    /// </summary>
    /// <param name="folder">The folder; it may be a link.</param>
    /// <returns>Paths that begin with the folder's.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    public static string[] Below(string folder)
    {
        var found = Find(folder, recursive: true).ToArray();
        Array.Sort(found, StringComparer.Ordinal);
        return found;
    }

    /// <summary>Whether a folder itself, and not one in it, holds an image.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Whether there is one.</returns>
    public static bool AreIn(string folder) => Find(folder, recursive: false).Any();

    private static FileSystemEnumerable<string> Find(string folder, bool recursive)
    {
        var everything = new EnumerationOptions
        {
            RecurseSubdirectories = recursive,
            IgnoreInaccessible = false,
            AttributesToSkip = FileAttributes.None,
        };
        return new(folder, (ref entry) => entry.ToSpecifiedFullPath(), everything)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && IsImage(entry.FileName),
            ShouldRecursePredicate = (ref entry) => entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
    }

    private static bool IsImage(ReadOnlySpan<char> name)
    {
        foreach (var extension in Extensions)
        {
            if (name[0] != '.' && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
