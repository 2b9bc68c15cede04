using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>What <see cref="SchemaValidator"/> found in one body.</summary>
/// <remarks>Not thread-safe; belongs to one request.</remarks>
internal sealed class SchemaReport
{
    // BOUND: a 10 MiB array of wrong items must not become an answer many times its size.
    private const int ViolationsMax = 200;

    private readonly List<SchemaViolation> _violations = [];
    private readonly List<int> _indexes = [];

    /// <summary>The violations in document order, at most 200.</summary>
    public IReadOnlyList<SchemaViolation> Violations => _violations;

    /// <summary>Whether an integer field holds a number that is integral but not written as one that fits 64 bits (5.0, 1e2, 2^63).</summary>
    public bool HasUnbindableInteger { get; set; }

    /// <summary>Whether further violations would be dropped.</summary>
    public bool IsFull => _violations.Count >= ViolationsMax;

    /// <summary>Says that what is checked from here on belongs to an item of the innermost array. Pair with <see cref="LeaveItem"/>.</summary>
    public void EnterItem(int index) => _indexes.Add(index);

    /// <summary>Ends <see cref="EnterItem"/>.</summary>
    public void LeaveItem() => _indexes.RemoveAt(_indexes.Count - 1);

    /// <summary>Adds a violation unless the report is full.</summary>
    /// <param name="location">Location of the schema node, without the keyword.</param>
    /// <param name="keyword">The keyword that is violated.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="missing">Name of the member that is missing there, if that is what is wrong.</param>
    public void Add(string location, string keyword, string message, string? missing = null)
    {
        if (!IsFull)
        {
            _violations.Add(new SchemaViolation(location + "/" + keyword, message) { Path = PathOf(location, missing) });
        }
    }

    // The location has the names of the members, /properties/a/items/properties/b; which items it went through has been noted beside it.
    private string PathOf(string location, string? missing)
    {
        StringBuilder path = new();
        int depth = 0;
        string[] steps = location.Split('/');
        for (int i = 1; i < steps.Length; i++)
        {
            Append(steps[i] == "items" ? _indexes[depth++].ToString(CultureInfo.InvariantCulture) : steps[++i]);
        }

        if (missing is not null)
        {
            Append(missing);
        }

        return path.ToString();

        void Append(string step) => path.Append(path.Length > 0 ? "." : "").Append(step);
    }
}
