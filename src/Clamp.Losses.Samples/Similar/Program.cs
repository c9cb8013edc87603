using System.Numerics.Tensors;
using Clamp.Losses.Images;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Onnx;

// Similar ENCODER.onnx FOLDER IMAGE: the five photographs of a folder that are most similar to an image.
if (args is not [var encoder, var folder, var image])
{
    Console.Error.WriteLine("Similar ENCODER.onnx FOLDER IMAGE");
    return 1;
}

using var embedder = new OnnxImageEmbedder(encoder, SkiaImage.Read);
var paths = ImageFiles.Below(folder);
var photographs = embedder.EmbedFiles(paths);
var query = embedder.EmbedFiles([image])[0];
var similar = paths.Zip(photographs, (path, features) => (Path: path, Similarity: TensorPrimitives.CosineSimilarity(query, features)))
    .OrderByDescending(photograph => photograph.Similarity).Take(5);
foreach (var (path, similarity) in similar)
{
    Console.WriteLine($"{similarity:F3} {path}");
}

return 0;
