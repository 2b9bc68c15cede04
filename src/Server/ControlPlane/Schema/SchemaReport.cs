using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>What <see cref="SchemaValidator"/> found in one body.</summary>
/// <remarks>Not thread-safe; belongs to one request.</remarks>
internal sealed class SchemaReport
{
    // BOUND: a 10 MiB array of wrong items must not become an answer many times its size.
    private const int ViolationsMax = 200;

    private readonly List<SchemaViolation> _violations = [];

    /// <summary>The violations in document order, at most 200.</summary>
    public IReadOnlyList<SchemaViolation> Violations => _violations;

    /// <summary>Whether an integer field holds a number that is integral but not written as one that fits 64 bits (5.0, 1e2, 2^63).</summary>
    public bool HasUnbindableInteger { get; set; }

    /// <summary>Whether further violations would be dropped.</summary>
    public bool IsFull => _violations.Count >= ViolationsMax;

    /// <summary>Adds a violation unless the report is full.</summary>
    /// <param name="location">Location of the schema node, without the keyword.</param>
    /// <param name="keyword">The keyword that is violated.</param>
    /// <param name="message">What is wrong.</param>
    public void Add(string location, string keyword, string message)
    {
        if (!IsFull)
        {
            _violations.Add(new SchemaViolation(location + "/" + keyword, message));
        }
    }
}
