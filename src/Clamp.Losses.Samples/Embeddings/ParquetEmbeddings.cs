using Clamp.Losses.Training;
using Parquet;
using Parquet.Schema;
using static TorchSharp.torch;

namespace Clamp.Losses.Samples.Embeddings;

/// <summary>
/// Parquet: the columns <c>name</c>, <c>label</c> where there are labels, and <c>embedding</c>, a list of floats; <c>root</c> and
/// <c>encoder</c> in the file's metadata.
/// </summary>
internal sealed class ParquetEmbeddings : EmbeddingFormat
{
    private const string NameColumn = "name";
    private const string LabelColumn = "label";
    private const string EmbeddingColumn = "embedding";
    private const string Root = "root";
    private const string Encoder = "encoder";

    public override string Name => "Parquet";

    public override EmbeddingTable Read(string path) => ReadAsync(path).GetAwaiter().GetResult();

    public override void Write(string path, EmbeddingRows rows) =>
        AtomicFile.Write(path, stream => WriteAsync(stream, rows).GetAwaiter().GetResult());

    private static async Task WriteAsync(Stream stream, EmbeddingRows rows)
    {
        var (images, name, label) = (rows.Images, new DataField<string>(NameColumn, false), new DataField<string>(LabelColumn, false));
        var element = new DataField<float>("element", false);
        var list = new ListField(EmbeddingColumn, element);
        var schema = images.Labels is null ? new ParquetSchema(name, list) : new ParquetSchema(name, label, list);
        await using var writer = await ParquetWriter.CreateAsync(schema, stream);
        writer.CustomMetadata = new Dictionary<string, string>(
            new[] { (Root, images.Root), (Encoder, images.Encoder) }.Where(entry => entry.Item2 is not null).Select(entry => KeyValuePair.Create(entry.Item1, entry.Item2!)));
        foreach (var (first, block) in rows.Blocks())
        {
            var count = block.Length / rows.Width;
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(name, [.. images.Names.Skip(first).Take(count)]);
            if (images.Labels is not null)
            {
                await group.WriteAsync(label, [.. images.Labels.Skip(first).Take(count)]);
            }

            // 0 begins a list, 1 goes on with it.
            var levels = new int[block.Length];
            for (int i = 0; i < levels.Length; i++)
            {
                levels[i] = i % rows.Width == 0 ? 0 : 1;
            }

            // Every number is there.
            var present = Enumerable.Repeat(element.MaxDefinitionLevel, block.Length).ToArray();
            await group.WriteAllPartsAsync(element, block, present, levels, CancellationToken.None);
        }
    }

    private static async Task<EmbeddingTable> ReadAsync(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        var fields = reader.Schema.GetDataFields();
        var (name, label) = (Column(fields, NameColumn), fields.FirstOrDefault(field => field.Path.FirstPart == LabelColumn));
        var embedding = Column(fields, EmbeddingColumn);
        var (names, labels) = (new List<string>(), new List<string>());
        Tensor? all = null;
        try
        {
            for (int i = 0; i < reader.RowGroupCount; i++)
            {
                using var group = reader.OpenRowGroupReader(i);
                var count = (int)group.RowCount;
                await ReadTextAsync(group, name, names, count);
                if (label is not null)
                {
                    await ReadTextAsync(group, label, labels, count);
                }

                all = await ReadRowsAsync(reader, group, embedding, all, names.Count - count);
            }

            return new EmbeddingTable(
                new EmbeddedImages(names, label is null ? null : labels, reader.CustomMetadata.GetValueOrDefault(Root), reader.CustomMetadata.GetValueOrDefault(Encoder)),
                all ?? throw new InvalidDataException("it has no rows."));
        }
        catch
        {
            all?.Dispose();
            throw;
        }
    }

    private static DataField Column(DataField[] fields, string name) => fields.FirstOrDefault(field => field.Path.FirstPart == name)
        ?? throw new InvalidDataException($"it has the columns {string.Join(", ", fields.Select(field => field.Path))}; {name} is missing.");

    private static async Task ReadTextAsync(ParquetRowGroupReader group, DataField column, List<string> texts, int count)
    {
        var read = new string[count];
        await group.ReadAsync(column, read);
        texts.AddRange(read.Select(text => text ?? throw new InvalidDataException($"a row has no {column.Name}.")));
    }

    /// <returns>The tensor of all rows, which the first group's width decides.</returns>
    private static async Task<Tensor> ReadRowsAsync(ParquetReader reader, ParquetRowGroupReader group, DataField column, Tensor? all, int first)
    {
        var (values, starts) = await ReadNumbersAsync(group, column);
        var width = all is null ? values.Length / Math.Max(1, (int)group.RowCount) : (int)all.shape[1];
        var isEven = width > 0 && values.LongLength == group.RowCount * width;
        for (int i = 0; isEven && i < starts.Length; i++)
        {
            isEven = starts[i] == 0 == (i % width == 0);
        }

        if (!isEven)
        {
            all?.Dispose();
            throw new InvalidDataException("its embeddings are not all of one length.");
        }

        all ??= empty([reader.Metadata!.NumRows, width], ScalarType.Float32, CPU).DetachFromDisposeScope();
        new TensorRows(all).Write(first, values);
        return all;
    }

    /// <returns>The numbers of all lists of a group, and for each whether it begins one (0).</returns>
    private static async Task<(float[] Values, int[] Starts)> ReadNumbersAsync(ParquetRowGroupReader group, DataField column)
    {
        var count = (int)group.GetMetadata(column)!.MetaData!.NumValues;
        var (values, present, starts) = (new float[count], new int[count], new int[count]);
        await group.ReadRawAsync<float>(column, values, present, starts);
        return Array.TrueForAll(present, level => level == column.MaxDefinitionLevel)
            ? (values, starts)
            : throw new InvalidDataException("an embedding lacks a number.");
    }
}
