using System.Buffers.Binary;
using System.Text;

namespace Clamp.Losses.Samples.Data.Cifar;

/// <summary>
/// Reads pickles of protocol 2 that hold dictionaries, lists, tuples, strings, whole numbers and numpy arrays of unsigned bytes, the
/// content of the python CIFAR files. Nothing is executed or imported: any other opcode or name is refused.
/// </summary>
/// <remarks>
/// Python 2's strings become a <see cref="string"/> (Latin-1) up to 255 bytes and an array of bytes above, lists a <see cref="List{T}"/>,
/// tuples an array, dictionaries a <see cref="Dictionary{TKey, TValue}"/>, numpy arrays <see cref="PickledBytes"/>.
/// </remarks>
/// <param name="content">The whole pickle.</param>
public sealed class PickleReader(byte[] content)
{
    private static readonly object Mark = new();
    private static readonly object ByteType = new();

    private readonly List<object?> _stack = [];
    private readonly Dictionary<int, object?> _memo = [];
    private int _position;

    private enum Name
    {
        Reconstruct,
        Array,
        Type,
    }

    /// <summary>Reads to the end of the pickle.</summary>
    /// <returns>The pickled object.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or holds what is not read here; the message says what and where.</exception>
    public object? Read()
    {
        while (true)
        {
            int start = _position;
            byte opcode = Take(1)[0];
            if (opcode == '.')
            {
                return Pop();
            }

            if (!(Build(opcode) || PushConstant(opcode) || Collect(opcode) || Remember(opcode)))
            {
                throw new InvalidDataException($"The pickle has the opcode 0x{opcode:x2} at byte {start}, which is not read here.");
            }
        }
    }

    private bool PushConstant(byte opcode)
    {
        switch (opcode)
        {
            case 0x80 when Take(1)[0] <= 2: return true;
            case (byte)'N': return Push(null);
            case 0x88: return Push(true);
            case 0x89: return Push(false);
            case (byte)'K': return Push((int)Take(1)[0]);
            case (byte)'M': return Push((int)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
            case (byte)'J': return Push(TakeInt32());
            case (byte)'U': return Push(Encoding.Latin1.GetString(Take(Take(1)[0])));
            case (byte)'T': return Push(Take(TakeInt32()).ToArray());
            case (byte)'X': return Push(Encoding.UTF8.GetString(Take(TakeInt32())));
            default: return false;
        }
    }

    private bool Collect(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'(': return Push(Mark);
            case (byte)']': return Push(new List<object?>());
            case (byte)'}': return Push(new Dictionary<object, object?>());
            case (byte)')': return Push(Array.Empty<object?>());
            case 0x85 or 0x86 or 0x87: return Push(PopLast(opcode - 0x84));
            case (byte)'t': return Push(PopToMark());
            case (byte)'a': return Append(PopLast(1));
            case (byte)'e': return Append(PopToMark());
            case (byte)'s': return SetItems(PopLast(2));
            case (byte)'u': return SetItems(PopToMark());
            default: return false;
        }
    }

    private bool Remember(byte opcode)
    {
        switch (opcode)
        {
            case (byte)'q': return Store(Take(1)[0]);
            case (byte)'r': return Store(TakeInt32());
            case (byte)'h': return Recall(Take(1)[0]);
            case (byte)'j': return Recall(TakeInt32());
            default: return false;
        }
    }

    private bool Build(byte opcode) => opcode switch
    {
        (byte)'c' => Push(NameOf(TakeLine() + "." + TakeLine())),
        (byte)'R' => Push(Reduce(PopLast(2))),
        (byte)'b' => SetState(Pop()),
        _ => false,
    };

    private static Name NameOf(string name) => name switch
    {
        "numpy.core.multiarray._reconstruct" => Name.Reconstruct,
        "numpy.ndarray" => Name.Array,
        "numpy.dtype" => Name.Type,
        _ => throw new InvalidDataException($"The pickle refers to '{name}', which is not read here."),
    };

    private static object Reduce(object?[] call) => call switch
    {
        [Name.Reconstruct, object?[] and [Name.Array, ..]] => new PickledBytes(),
        [Name.Type, object?[] and ["u1", ..]] => ByteType,
        _ => throw Unexpected("construction"),
    };

    private bool SetState(object? state)
    {
        switch (Peek(), state)
        {
            case (PickledBytes array, object?[] and [int, object?[] shape, var type, bool columnMajor, byte[] values])
                when type == ByteType && shape.All(length => length is int):
                array.SetState([.. shape.Cast<int>()], columnMajor, values);
                return true;
            case ({ } type, object?[]) when type == ByteType:
                return true;
            default:
                throw Unexpected("state");
        }
    }

    private bool Append(object?[] items)
    {
        (Peek() as List<object?> ?? throw Unexpected("append")).AddRange(items);
        return true;
    }

    private bool SetItems(object?[] items)
    {
        var dictionary = Peek() as Dictionary<object, object?> ?? throw Unexpected("item");
        foreach (object?[] pair in items.Chunk(2))
        {
            if (pair is not [string or int, var value])
            {
                throw Unexpected("key");
            }

            dictionary[pair[0]!] = value;
        }

        return true;
    }

    private bool Push(object? value)
    {
        _stack.Add(value);
        return true;
    }

    private bool Store(int key)
    {
        _memo[key] = Peek();
        return true;
    }

    private bool Recall(int key) => _memo.TryGetValue(key, out var value) ? Push(value) : throw Unexpected("reference");

    private object? Peek() => _stack.Count > 0 ? _stack[^1] : throw Unexpected("end of the stack");

    private object? Pop() => PopLast(1)[0];

    private object?[] PopLast(int count)
    {
        if (_stack.Count < count)
        {
            throw Unexpected("end of the stack");
        }

        object?[] items = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw Unexpected("end of a group");
        }

        object?[] items = PopLast(_stack.Count - mark - 1);
        _stack.RemoveAt(mark);
        return items;
    }

    private int TakeInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    private string TakeLine()
    {
        int length = content.AsSpan(_position).IndexOf((byte)'\n');
        string line = Encoding.Latin1.GetString(Take(length));
        _position++;
        return line;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > content.Length - _position)
        {
            throw new InvalidDataException($"The pickle of {content.Length} bytes ends within a value at byte {_position}.");
        }

        _position += count;
        return content.AsSpan(_position - count, count);
    }

    private static InvalidDataException Unexpected(string what) => new($"The pickle is damaged: it has an unexpected {what}.");
}
