using System.Globalization;
using System.Text;
using Clamp.Losses.Training;
using nietras.SeparatedValues;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>
/// CSV (RFC 4180): a line of headings, then <c>name</c>, <c>label</c> where there are labels, and the numbers <c>f0</c>, <c>f1</c> and so
/// on, in as many digits as bring back each float32. It has no place for the root.
/// </summary>
internal sealed class CsvEmbeddings : EmbeddingFormat
{
    private const string NameColumn = "name";
    private const string LabelColumn = "label";

    public override string Name => "CSV";

    public override void Write(string path, EmbeddingRows rows) => AtomicFile.Write(path, stream =>
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        using var writer = Sep.New(',').Writer(options => options with { Escape = true, CultureInfo = CultureInfo.InvariantCulture }).To(text);
        string[] columns = [.. Enumerable.Range(0, rows.Width).Select(i => $"f{i}")];
        foreach (var (first, block) in rows.Blocks())
        {
            for (int i = 0; i < block.Length / rows.Width; i++)
            {
                using var row = writer.NewRow();
                row[NameColumn].Set(rows.Images.Names[first + i]);
                if (rows.Images.Labels is not null)
                {
                    row[LabelColumn].Set(rows.Images.Labels[first + i]);
                }

                row[columns].Format(block.Span.Slice(i * rows.Width, rows.Width));
            }
        }
    });

    public override EmbeddingTable Read(string path)
    {
        using var reader = Sep.New(',').Reader(options => options with { Unescape = true, CultureInfo = CultureInfo.InvariantCulture }).FromFile(path);
        var headings = reader.Header.ColNames;
        var (hasLabels, first) = headings is [NameColumn, LabelColumn, ..] ? (true, 2) : (false, 1);
        var width = headings.Count - first;
        if (headings is not [NameColumn, ..] || !headings.Skip(first).SequenceEqual(Enumerable.Range(0, width).Select(i => $"f{i}")))
        {
            throw new InvalidDataException($"its headings are {string.Join(',', headings.Take(4))}...; they must be name, label where there are labels, f0, f1 and so on.");
        }

        var (names, labels, blocks) = (new List<string>(), new List<string>(), new List<float[]>());
        foreach (var row in reader)
        {
            names.Add(row[0].ToString());
            if (hasLabels)
            {
                labels.Add(row[1].ToString());
            }

            blocks.Add(row[first..].ParseToArray<float>());
        }

        var all = empty([names.Count, width], ScalarType.Float32, CPU);
        var rows = new TensorRows(all);
        for (int i = 0; i < blocks.Count; i++)
        {
            rows.Write(i, blocks[i]);
        }

        return new EmbeddingTable(new EmbeddedImages(names, hasLabels ? labels : null), all);
    }
}
