namespace Unkey.Server.Storage;

/// <summary>Which rows of a table a thread of the load reads, by their ids or by those of their owners.</summary>
internal interface IIdSelection
{
    /// <summary>The parameters of <see cref="Condition"/>.</summary>
    public string[] Texts { get; }

    /// <summary>SQL that is true for the selected rows.</summary>
    /// <param name="column">A column's name, a constant.</param>
    public string Condition(string column);
}
