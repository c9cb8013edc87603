namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>One of the two versions in which the CIFAR sets are published and read here.</summary>
internal interface ICifarFormat
{
    /// <summary>The file name of the published archive.</summary>
    string Archive { get; }

    /// <summary>The folder inside the archive.</summary>
    string Folder { get; }

    /// <summary>What follows the layout's names in the names of files.</summary>
    string Extension { get; }

    /// <summary>What a file must hold, as a phrase that completes "expected ...".</summary>
    string Content { get; }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">All its bytes.</param>
    /// <param name="file">The file, for the messages of exceptions.</param>
    /// <returns>At least one image, with labels in their range.</returns>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    CifarBatch Parse(byte[] content, ExpectedFile file);
}
