namespace Unkey.Server.ControlPlane.V1.Requests;

/// <summary>A role or a permission as v1 names it. Of several names the first counts that is there: id, slug, name.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name; of a permission its slug, which v1 makes of the name.</param>
/// <param name="Slug">Its slug; only of permissions.</param>
/// <param name="Create">Whether it is to be created when nothing has the name.</param>
internal sealed record V1Reference(string? Id, string? Name, string? Slug, bool? Create)
{
    /// <summary>The text that it goes by when it is not named by its id; <see langword="null"/> when it has no name at all.</summary>
    public string? Text => Slug ?? Name;
}
