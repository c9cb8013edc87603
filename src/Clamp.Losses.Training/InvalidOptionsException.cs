namespace Clamp.Losses.Training;

/// <summary>
/// Options, or images that do not go with them, cannot be used: what the user gave must change, and not the code that was called.
/// </summary>
/// <param name="message">What was given and what is allowed, a line for each fault.</param>
public sealed class InvalidOptionsException(string message) : ArgumentException(message);
