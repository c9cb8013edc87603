using System.Text;

namespace Clamp.Losses.Samples.Terminal;

/// <summary>Writes as long as it can: a full disk or a closed pipe behind the error stream must not end a training of days.</summary>
/// <param name="inner">Where to.</param>
internal sealed class ForgivingWriter(TextWriter inner) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // There is nowhere left to tell it.
        }
    }
}
