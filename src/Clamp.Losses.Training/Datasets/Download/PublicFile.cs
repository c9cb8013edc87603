namespace Clamp.Losses.Training;

/// <summary>A file that a data set is published in.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Url">Where it is offered.</param>
/// <param name="Md5">Its published MD5 sum, in lower-case hexadecimal digits.</param>
public sealed record PublicFile(string Name, Uri Url, string Md5);
