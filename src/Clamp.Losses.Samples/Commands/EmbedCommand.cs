using System.CommandLine;
using System.Security.Cryptography;
using Clamp.Losses.Images.Skia;
using Clamp.Losses.Onnx;
using Clamp.Losses.Samples.Embeddings;
using Clamp.Losses.Samples.Terminal;
using Clamp.Losses.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Commands;

/// <summary>Writes the features of images to a file.</summary>
public static class EmbedCommand
{
    /// <summary>The command.</summary>
    /// <returns>A new command.</returns>
    public static Command Create()
    {
        var run = new Option<string?>("--run") { Description = "Encode by the folder of a finished pretraining,", HelpName = "DIR" };
        var weights = new Option<string?>("--weights") { Description = "or by safetensors with torchvision's names, with --encoder,", HelpName = "FILE" };
        var onnx = new Option<string?>("--onnx") { Description = "or by an encoder that was exported to ONNX, without torch.", HelpName = "FILE" };
        var kind = NamedOption.Encoder("The architecture of --weights.");
        var imageSize = new Option<int?>("--image-size") { Description = "The side of the images for --weights; by default what the metadata say, or 224 with ImageNet's stem, 32 with the small." };
        var normalisation = new NormalisationArguments();
        var list = new Option<FileInfo?>("--list") { Description = "A list of images: a path, or path,label, on each line. Relative paths begin at --data-root, or else at the list.", HelpName = "FILE" };
        var images = new DatasetArguments();
        images.DataRoot.Description = "A folder of images, in folders or not; or that of the data set's files.";
        images.TrainImages.Description = "How many training images of a data set to embed, balanced over classes; 0 for all.";
        images.TestImages.Description = "How many test images of a data set to embed, balanced over classes; 0 for all.";
        var output = new Option<string>("--output") { Description = "The file: .parquet, .csv, .npy or .safetensors.", HelpName = "FILE", Required = true };
        var skipBroken = new Option<bool>("--skip-broken") { Description = "Leave out images that cannot be decoded, and list them." };
        var force = new Option<bool>("--force") { Description = "Replace an earlier file, and what was begun with another encoder or other images." };
        var command = new Command("embed", """
            Write the features of images to a file, for search, duplicates, outliers and other programs.

            Images are those of --data-root, of --list or of --dataset; with --run by default the run's own. They are seen as evaluation
            sees them. Work that was killed goes on where it stopped when the same command is given again (FILE.partial).
            """) { run, weights, onnx, kind, imageSize };
        Array.ForEach(normalisation.All, command.Options.Add);
        Option[] more = [images.Dataset, images.DataRoot, list, images.Download, images.AllowPartial, images.TrainImages, images.TestImages, output, skipBroken, force];
        Array.ForEach(more, command.Options.Add);
        command.Validators.Add(result =>
        {
            if (new Option[] { run, weights, onnx }.Count(option => result.GetResult(option) is not null) != 1)
            {
                result.AddError("One of --run, --weights and --onnx must say what encodes.");
            }

            if ((result.GetResult(weights) is not null) != (result.GetResult(kind) is not null))
            {
                result.AddError("--weights and --encoder go together.");
            }

            if (result.GetResult(list) is not null && result.GetResult(images.Dataset) is not null)
            {
                result.AddError("--list and --dataset both say which images: give one of them.");
            }
        });
        command.SetAction(arguments =>
        {
            var file = arguments.GetValue(output)!;
            EmbeddingFormat.Of(file);
            ResultFile.Reserve(file, arguments.GetValue(force));
            var (encoder, identity, description, options) = arguments.GetValue(onnx) is { } exported ? Exported(exported)
                : arguments.GetValue(run) is { } folder ? OfRun(folder)
                : Imported(arguments.GetValue(weights)!, arguments.GetValue(kind)!.Value, arguments.GetValue(imageSize), told => normalisation.Over(told, arguments));
            using (encoder)
            {
                var source = Source(arguments, images, arguments.GetValue(list), options, encoder);
                IReadOnlyList<string> broken = [];
                var skip = arguments.GetValue(skipBroken);
                ImageProgress.Show(source.Images.Names.Count, report =>
                    broken = Embedding.Run(encoder, identity, description, source, file, skip, arguments.GetValue(force), report));
                if (broken.Count > 0)
                {
                    Console.WriteLine($"left out {broken.Count} that cannot be decoded:{Environment.NewLine}{string.Join(Environment.NewLine, broken.Select(name => $"  {name}"))}");
                }

                Console.WriteLine($"embed: {source.Images.Names.Count - broken.Count} images, {encoder.FeatureWidth} features each; wrote {file}");
                return 0;
            }
        });
        return command;
    }

    private static ImagesToEmbed Source(ParseResult arguments, DatasetArguments images, FileInfo? list, RunOptions? run, ImageEncoder encoder)
    {
        var root = arguments.GetValue(images.DataRoot);
        var given = arguments.GetValue(images.Dataset);
        if (list is not null)
        {
            return FilesToEmbed.Of(list, root, encoder.Size, encoder.Centre);
        }

        if (given is null && root is null && run is { Dataset: DatasetKind.ImageFolder, Manifest: { } manifest })
        {
            return FilesToEmbed.Of(new FileInfo(manifest), run.DataRoot is null ? null : new DirectoryInfo(run.DataRoot), encoder.Size, encoder.Centre);
        }

        var isOwn = given is null && root is null;
        var kind = given ?? (root is not null ? DatasetKind.ImageFolder : run?.Dataset ?? DatasetKind.Unknown);
        if (kind == DatasetKind.Unknown)
        {
            throw new InvalidOptionsException("Nothing says which images to embed; give --data-root, --list or --dataset.");
        }

        root ??= run?.DataRoot is { } its ? new DirectoryInfo(its) : null;
        images.Fetch(arguments, kind, root?.FullName);
        if (root is null && kind != DatasetKind.Shapes)
        {
            throw new InvalidOptionsException($"--data-root is not given; it must be the folder with the files of {kind}.");
        }

        if (kind == DatasetKind.ImageFolder)
        {
            return FilesToEmbed.Below(root!.FullName, encoder.Size, encoder.Centre);
        }

        var set = Datasets.Load(kind, root, new LoadOptions
        {
            ImageSize = encoder.Size,
            TrainLimit = arguments.Given(images.TrainImages, isOwn ? run!.TrainImages : 0),
            TestLimit = arguments.Given(images.TestImages, isOwn ? run!.TestImages : 0),
            Seed = (run ?? new RunOptions()).Seed,
            AllowPartial = arguments.GetValue(images.AllowPartial),
        });
        EvaluatedRun.Warn(set);
        return new DatasetToEmbed(set);
    }

    private static (ImageEncoder Encoder, string Identity, string Description, RunOptions? Options) OfRun(string path)
    {
        var (folder, options) = RunFolder.Open<RunOptions>(path);
        var device = cuda.is_available() ? CUDA : CPU;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return (ImageEmbedder.FromRun(path, SkiaImage.Read, device), $"{HashOf(folder.EncoderWeights)} {options.ToJson()}", $"{options.Encoder} of the run {name}", options);
    }

    private static (ImageEncoder Encoder, string Identity, string Description, RunOptions? Options) Imported(
        string path, EncoderKind kind, int? imageSize, Func<Normalisation, Normalisation> normalise)
    {
        var (encoder, told, _) = EncoderFile.Read(path, kind, imageSize: imageSize);
        var options = told with { Normalisation = normalise(told.Normalisation) };
        var device = cuda.is_available() ? CUDA : CPU;
        return (
            ImageEmbedder.Of(encoder.to(device), options, SkiaImage.Read, device, Path.GetFileName(path)),
            $"{HashOf(path)} {options.ToJson()}",
            $"{kind} of {Path.GetFileName(path)}",
            null);
    }

    private static (ImageEncoder Encoder, string Identity, string Description, RunOptions? Options) Exported(string path) =>
        (new OnnxImageEmbedder(path, SkiaImage.Read), HashOf(path), Path.GetFileName(path), null);

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}
