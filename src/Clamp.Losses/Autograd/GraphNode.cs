using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Clamp.Losses.Autograd;

/// <summary>
/// A node of torch's autograd graph with one input and one output, whose backward is written here. It lives as long as the graph.
/// It stands on the native functions behind <c>autograd.Function</c> rather than on that class, which cannot tell when native code has
/// taken the tensor that backward returns, checks all saved tensors at once, and leaves what else a node keeps to the garbage collector.
/// </summary>
internal abstract unsafe partial class GraphNode
{
    private const string Library = "LibTorchSharp";

    // A pinned place for the address of the tensor that backward returns, and for a tensor that is borrowed: native code reads both after
    // managed code has returned, before this thread comes back.
    [ThreadStatic]
    private static nint[]? _places;

    [ThreadStatic]
    private static Tensor? _lent;

    private readonly ApplyFunction _apply;
    private readonly DeleteFunction _delete;
    private readonly GCHandle _alive;
    private readonly Pointers _node;
    private long[] _inputShape = [];
    private ScalarType _inputType;

    /// <summary>Makes the node; <see cref="Record"/> puts it into a graph.</summary>
    protected GraphNode()
    {
        (_apply, _delete) = (Apply, Delete);
        _node = THSAutograd_CSharpNode_ctor(
            Marshal.GetFunctionPointerForDelegate(_apply), Marshal.GetFunctionPointerForDelegate(_delete));
        CheckForErrors();
        _alive = GCHandle.Alloc(this);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate TensorArray ApplyFunction(nint* gradients, int count);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void DeleteFunction();

    private static nint[] Places => _places ??= GC.AllocateArray<nint>(2, pinned: true);

    /// <summary>Puts the node between two tensors.</summary>
    /// <param name="input">Where the gradient goes.</param>
    /// <param name="output">What was computed from it, without a graph.</param>
    /// <returns><paramref name="output"/> with this node as its history.</returns>
    protected Tensor Record(Tensor input, Tensor output)
    {
        (_inputShape, _inputType) = (input.shape, input.dtype);
        try
        {
            nint inputHandle = input.Handle, outputHandle = output.Handle;
            THSAutograd_CSharpNode_setNextEdges(_node, new TensorArray(&inputHandle, 1), isExecutable: true);
            CheckForErrors();
            THSAutograd_Function_wrapOutputs(
                new TensorArray(&inputHandle, 1), default, default, new TensorArray(&outputHandle, 1), _node, &Allocate);
            CheckForErrors();
            GC.KeepAlive(input);
            GC.KeepAlive(output);
            return Tensor.UnsafeCreateTensor(Places[0]);
        }
        finally
        {
            // From here on the graph alone keeps the node, or nobody does.
            THSAutograd_CSharpNode_disposeSharedPtr(_node);
        }
    }

    /// <summary>The gradient of the input, by <see cref="Lend"/> or <see cref="Borrow"/>; NaN when this throws.</summary>
    /// <param name="gradient">The gradient of the output; the caller disposes it.</param>
    protected abstract nint Backward(Tensor gradient);

    /// <summary>Says that <see cref="Backward"/> threw, where nothing may be thrown.</summary>
    /// <param name="exception">Why.</param>
    protected virtual void TellOfFailure(Exception exception) =>
        Trace.TraceError($"A gradient could not be computed; it is NaN. {exception}");

    /// <summary>Disposes what the node keeps.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Returns a tensor that is this thread's until native code has taken it.</summary>
    /// <param name="gradient">The tensor.</param>
    protected static nint Lend(Tensor gradient)
    {
        _lent = gradient.DetachFromDisposeScope();
        return gradient.Handle;
    }

    /// <summary>
    /// Returns a tensor that native code holds anyway until it has taken it, namely the incoming gradient: no reference remains here.
    /// </summary>
    /// <param name="gradient">The incoming gradient.</param>
    protected static nint Borrow(Tensor gradient)
    {
        // An at::Tensor is one pointer; a copy of it that is never destructed owns nothing.
        Places[1] = *(nint*)gradient.Handle;
        return (nint)Unsafe.AsPointer(ref Places[1]);
    }

    private TensorArray Apply(nint* gradients, int count)
    {
        // This thread is back, so native code has taken what it was lent.
        _lent?.Dispose();
        _lent = null;
        if (count != 1 || gradients[0] == 0)
        {
            Places[0] = 0;
        }
        else
        {
            using var scope = NewDisposeScope();
            using var gradient = Tensor.UnsafeCreateTensor(gradients[0]);
            Places[0] = BackwardOrNaN(gradient);
        }

        return new TensorArray((nint*)Unsafe.AsPointer(ref Places[0]), 1);
    }

    private nint BackwardOrNaN(Tensor gradient)
    {
#pragma warning disable CA1031 // An exception that leaves here ends the process: the gradient is NaN instead, and why is said at once.
        try
        {
            return Backward(gradient);
        }
        catch (Exception exception)
        {
            Tell(exception);
            return Lend(NaN(gradient.device).expand(_inputShape));
        }
    }

    private void Tell(Exception exception)
    {
        try
        {
            TellOfFailure(exception);
        }
        catch (Exception)
        {
            // A logger that fails too leaves the NaN to tell.
        }
    }

    private Tensor NaN(Device device)
    {
        try
        {
            return tensor(float.NaN, _inputType, device);
        }
        catch (Exception)
        {
            // The device has failed for good: torch refuses a gradient that lies elsewhere, by an exception that backward may throw.
            return tensor(float.NaN, _inputType);
        }
#pragma warning restore CA1031
    }

    private void Delete()
    {
        Release();
        THSAutograd_CSharpNode_disposeWeakPtr(_node);
        _alive.Free();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint* Allocate(nuint count) => (nint*)Unsafe.AsPointer(ref Places[0]);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial Pointers THSAutograd_CSharpNode_ctor(nint apply, nint delete);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void THSAutograd_CSharpNode_disposeSharedPtr(Pointers node);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void THSAutograd_CSharpNode_disposeWeakPtr(Pointers node);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void THSAutograd_CSharpNode_setNextEdges(
        Pointers node, TensorArray inputs, [MarshalAs(UnmanagedType.U1)] bool isExecutable);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void THSAutograd_Function_wrapOutputs(
        TensorArray inputs,
        TensorArray nonDifferentiable,
        TensorArray dirty,
        TensorArray outputs,
        Pointers node,
        delegate* unmanaged[Cdecl]<nuint, nint*> allocate);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint THSAutograd_SavedVariable_ctor(nint tensor, Pointers node, [MarshalAs(UnmanagedType.U1)] bool isView);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial nint THSAutograd_SavedVariable_unpack(nint saved, Pointers node);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial void THSAutograd_SavedVariable_dispose(nint saved);

    private readonly record struct TensorArray(nint First, long Count)
    {
        public TensorArray(nint* first, long count)
            : this((nint)first, count)
        {
        }
    }

    private readonly record struct Pointers(nint Shared, nint Weak);

    /// <summary>A tensor that the node may need again; changing it in place meanwhile is an error, but only when it is needed.</summary>
    protected sealed class SavedTensor
    {
        private nint _saved;

        /// <summary>Saves a tensor before <see cref="Record"/>.</summary>
        /// <param name="tensor">A tensor without a graph.</param>
        /// <param name="node">The node.</param>
        public SavedTensor(Tensor tensor, GraphNode node)
        {
            _saved = THSAutograd_SavedVariable_ctor(tensor.Handle, node._node, isView: false);
            GC.KeepAlive(tensor);
            CheckForErrors();
        }

        /// <summary>The tensor.</summary>
        /// <exception cref="ExternalException">It has been changed in place; the message is torch's own.</exception>
        /// <exception cref="InvalidOperationException">It was let go of.</exception>
        public Tensor Unpack()
        {
            lock (this)
            {
                if (_saved == 0)
                {
                    throw new InvalidOperationException("The graph was not retained: there is nothing to compute another gradient from.");
                }

                var tensor = THSAutograd_SavedVariable_unpack(_saved, default);
                CheckForErrors();
                return Tensor.UnsafeCreateTensor(tensor);
            }
        }

        /// <summary>Lets go of the tensor, if that has not been done.</summary>
        public void Release()
        {
            lock (this)
            {
                if (_saved != 0)
                {
                    THSAutograd_SavedVariable_dispose(_saved);
                    _saved = 0;
                }
            }
        }
    }
}
