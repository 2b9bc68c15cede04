using System;
using System.Collections.Generic;

namespace Unkey.Fuzz;

/// <summary>Code that reads bytes of strangers, with an oracle that knows what has to come out. Any thread; no state between inputs.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What is read, and what it is compared with, in a line.</summary>
    public abstract string Promise { get; }

    /// <summary>Inputs to begin with. Constant.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>Words of the language, for mutations that bytes alone would take long to find.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>Reads an input and asks the oracle.</summary>
    /// <exception cref="FuzzFinding">The oracle disagrees. Any other exception is a finding too.</exception>
    public abstract void Run(byte[] input);

    /// <summary>Demands that two descriptions are the same.</summary>
    protected static void Same(string expected, string actual, string where)
    {
        if (!string.Equals(expected, actual, StringComparison.Ordinal))
        {
            throw new FuzzFinding($"{where}\nexpected: {expected}\nactual:   {actual}");
        }
    }

    /// <summary>Demands that something holds.</summary>
    protected static void Demand(bool holds, string what)
    {
        if (!holds)
        {
            throw new FuzzFinding(what);
        }
    }
}
