using System;
using System.IO;

namespace Unkey.Server.Events.Outlets;

/// <summary>Takes whole lines. Used by one thread at a time.</summary>
internal interface ILineTarget : IDisposable
{
    /// <summary>What it is, for the log.</summary>
    public string Description { get; }

    /// <summary>Writes lines, however long that takes.</summary>
    /// <param name="lines">One or more lines with their ends.</param>
    /// <exception cref="IOException">None of the lines counts as written. If a part of them is there all the same, the next write begins on a new line.</exception>
    public void Write(ReadOnlySpan<byte> lines);
}
