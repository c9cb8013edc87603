using System.Buffers.Binary;
using System.Text;

namespace Clamp.Losses.Samples.Tests.Data.Cifar;

/// <summary>Pickles batches as Python 2's cPickle wrote the published files: protocol 2, strings of bytes, memo entries throughout.</summary>
internal static class PickledBatch
{
    /// <summary>A batch of a published file's structure.</summary>
    /// <param name="labels">The lists of labels and their keys.</param>
    /// <param name="count">The number of images.</param>
    /// <param name="pixels">The array's bytes.</param>
    /// <param name="columnMajor">numpy's flag for Fortran order.</param>
    public static byte[] Of((string Key, byte[] Values)[] labels, int count, byte[] pixels, bool columnMajor = false)
    {
        var pickle = new List<byte>();
        byte memo = 0;
        void Raw(params byte[] bytes) => pickle.AddRange(bytes);
        void Text(string text) => Raw(Encoding.Latin1.GetBytes(text));
        void Remember() => Raw((byte)'q', ++memo);
        void Word(string word)
        {
            Raw((byte)'U', (byte)word.Length);
            Text(word);
            Remember();
        }

        Raw(0x80, 2, (byte)'}');
        Remember();
        Text("(");
        Word("batch_label");
        Word("training batch 1 of 1");
        foreach (var (key, values) in labels)
        {
            Word(key);
            Text("]");
            Remember();
            Text("(");
            foreach (byte value in values)
                Raw((byte)'K', value);
            Text("e");
        }

        Word("data");
        Text("cnumpy.core.multiarray\n_reconstruct\n");
        Remember();
        Text("cnumpy\nndarray\n");
        Remember();
        Raw((byte)'K', 0, 0x85, (byte)'U', 1, (byte)'b', 0x87, (byte)'R');
        Remember();
        Text("(K\u0001");
        Raw([(byte)'J', .. Int32(count), (byte)'M', 0x00, 0x0c, 0x86]);
        Text("cnumpy\ndtype\n");
        Remember();
        Raw((byte)'U', 2, (byte)'u', (byte)'1', (byte)'K', 0, (byte)'K', 1, 0x87, (byte)'R');
        Remember();
        Raw((byte)'(', (byte)'K', 3, (byte)'U', 1, (byte)'|', (byte)'N', (byte)'N', (byte)'N');
        Raw((byte)'J', 0xff, 0xff, 0xff, 0xff, (byte)'J', 0xff, 0xff, 0xff, 0xff, (byte)'K', 0, (byte)'t', (byte)'b');
        Raw([columnMajor ? (byte)0x88 : (byte)0x89, (byte)'T', .. Int32(pixels.Length), .. pixels]);
        Text("tb");
        Word("filenames");
        Text("]");
        Remember();
        Text("(");
        for (int i = 0; i < count; i++)
            Word($"image_{i}.png");
        Text("eu.");
        return [.. pickle];
    }

    private static byte[] Int32(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
