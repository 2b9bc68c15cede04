using System.Collections.Generic;
using System.Linq;

namespace Unkey.Server.Analytics.Binding;

/// <summary>A source that the names of a SELECT may mean. Belongs to one binding.</summary>
internal sealed class ScopeSource
{
    private readonly string _id;
    private readonly IReadOnlyList<ResultColumn> _columns;
    private readonly HashSet<string> _merged = [];

    /// <summary>A subquery.</summary>
    public ScopeSource(string? name, string id, IReadOnlyList<ResultColumn> columns)
    {
        Name = name;
        _id = id;
        _columns = columns;
    }

    /// <summary>What qualified names call it; null for none.</summary>
    public string? Name { get; }

    /// <summary>Whether an outer join may leave it empty.</summary>
    public bool IsOptional { get; set; }

    /// <summary>Ids of the columns that are used.</summary>
    public HashSet<string> Used { get; } = [];

    /// <summary>The columns of a star, without those that a join by USING shows once.</summary>
    public IEnumerable<(string Name, BoundColumn Column)> All() =>
        _columns.Where(column => !_merged.Contains(column.Name)).Select(column => (column.Name, Reference(column)));

    /// <summary>A column of a name, which counts exactly; null for none.</summary>
    public BoundColumn? Find(string name)
    {
        // Of several columns with one name the last is the one that the answer would show as well.
        ResultColumn? column = _columns.LastOrDefault(column => column.Name == name);
        return column is null ? null : Reference(column);
    }

    /// <summary>Whether an unqualified name may mean a column of this source.</summary>
    public bool Offers(string name) => !_merged.Contains(name) && _columns.Any(column => column.Name == name);

    /// <summary>Leaves a column to the other side of a join by USING.</summary>
    public void Merge(string name) => _merged.Add(name);

    private BoundColumn Reference(ResultColumn column)
    {
        Used.Add(column.Id);
        return new BoundColumn(column.Type, $"{_id}.{column.Id}") { IsOptional = IsOptional, TimeKeptDays = column.TimeKeptDays };
    }
}
