namespace Clamp.Losses.Mpi;

/// <summary>A function of the MPI library has failed. What the job's processes can still do together is undefined: end the process.</summary>
public sealed class MpiException : Exception
{
    internal MpiException(string operation, int errorCode, string text)
        : base($"{operation} failed: {text} (error {errorCode}).") => (Operation, ErrorCode) = (operation, errorCode);

    /// <summary>The MPI function that failed.</summary>
    public string Operation { get; }

    /// <summary>What it returned, a number of the library's own; not 0.</summary>
    public int ErrorCode { get; }
}
