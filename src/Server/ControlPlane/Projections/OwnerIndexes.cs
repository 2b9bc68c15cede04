using System;
using Unkey.Server.Storage;

namespace Unkey.Server.ControlPlane.Projections;

/// <summary>Resolves the owners that row after row names, mostly the same ones. Used by one thread of the load.</summary>
internal sealed class OwnerIndexes
{
    private readonly RecordSpecs _specs;
    private (string Id, int Index) _workspace;
    private (string Id, int Index) _api;

    /// <summary>Creates the memory.</summary>
    /// <param name="specs">What knows every workspace and API.</param>
    public OwnerIndexes(RecordSpecs specs)
    {
        _specs = specs;
        _workspace = ("", specs.WorkspaceIndex(""));
        _api = ("", specs.ApiIndex(""));
    }

    /// <summary>One string for each text that many rows share.</summary>
    public TextCache Texts { get; } = new();

    /// <summary>Index of a workspace; -1 when it does not exist.</summary>
    public int Workspace(ReadOnlySpan<byte> id)
    {
        string text = Texts.Get(id);
        if (!ReferenceEquals(text, _workspace.Id))
        {
            _workspace = (text, _specs.WorkspaceIndex(text));
        }

        return _workspace.Index;
    }

    /// <summary>Index of the API of a keyspace; -1 when there is none.</summary>
    public int Api(ReadOnlySpan<byte> keyspaceId)
    {
        string text = Texts.Get(keyspaceId);
        if (!ReferenceEquals(text, _api.Id))
        {
            _api = (text, _specs.ApiIndex(text));
        }

        return _api.Index;
    }
}
