namespace Clamp.Losses.Training;

/// <summary>The two parts of a data set, which share their image size and class names.</summary>
/// <param name="Train">The images to learn from.</param>
/// <param name="Test">The images to measure on, none of which are in the train part.</param>
public sealed record ImageSplits(ImageSource Train, ImageSource Test);
